package lists

// plain are columns named as their places.
func plain(names ...string) []column {
	columns := make([]column, len(names))
	for i, name := range names {
		columns[i] = column{name: name, at: name}
	}
	return columns
}

// amount is an amount with its currency: {"value", "currency"}.
var amount = column{name: "amount", at: "amount.value", currency: "amount.currency"}

func join(parts ...[]column) []column {
	var all []column
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

// exported are the lists that can be exported, by the name that the address and saved views have.
var exported = map[string]list{
	"bookings": {"bookings", "/v1/bookings", "bookings", join(
		plain("reference", "client", "status", "createdAt"),
		[]column{
			{name: "customerName", at: "customer.name"},
			{name: "customerEmail", at: "customer.email"},
			amount,
			{name: "captured", at: "payment.amountCaptured", currency: "amount.currency", bare: true},
			{name: "refunded", at: "payment.amountRefunded", currency: "amount.currency", bare: true},
			{name: "flight", at: "flight.number"},
			{name: "from", at: "flight.from"},
			{name: "to", at: "flight.to"},
			{name: "departsAt", at: "flight.departsAt"},
			{name: "paymentIntentId", at: "payment.paymentIntentId"},
			{name: "chargeId", at: "payment.chargeId"},
			{name: "paymentStatus", at: "payment.status"},
			{name: "declineCode", at: "payment.declineCode"},
		}, plain("attention"),
	)},
	"refunds": {"refunds", "/v1/refunds", "refunds", join(
		plain("id", "reference", "status"), []column{amount},
		plain("origin", "reason", "failureReason", "stripeRefundId", "createdAt", "updatedAt", "note", "abandonedAt", "abandonNote"),
	)},
	"disputes": {"disputes", "/v1/disputes", "disputes", join(
		plain("id", "reference", "paymentIntentId", "status", "reason"), []column{amount}, plain("dueBy", "createdAt", "updatedAt"),
	)},
	"payouts": {"payouts", "/v1/payouts", "payouts", join(
		plain("id", "status"), []column{amount}, plain("automatic", "arrivesAt", "failureCode", "proof", "transactions", "unmatched"),
		[]column{{name: "difference", at: "difference", currency: "amount.currency", bare: true}}, plain("createdAt", "updatedAt"),
	)},
	"events": {"events", "/v1/events", "events", plain(
		"id", "type", "state", "attempts", "receivedAt", "objectId", "booking", "note", "lastError",
	)},
	"emails": {"emails", "/v1/emails", "emails", plain(
		"number", "booking", "kind", "audience", "status", "attempts", "writtenAt", "sentAt", "messageId", "resentOf", "lastError",
	)},
	"attention": {"attention", "/v1/attention", "matters", plain(
		"id", "booking", "kind", "subject", "text", "openedAt", "closedAt", "closedBy", "note", "takenBy", "takenAt", "comments",
	)},
	"proposals": {"proposals", "/v1/proposals", "proposals", join(
		plain("code", "kind", "state", "booking", "item"), []column{amount},
		plain("reason", "account", "note", "proposedBy", "proposedAt", "decidedBy", "decidedAt", "decisionNote", "refundId"),
	)},
	"reconciliations": {"reconciliations", "/v1/reconciliations", "reconciliations", plain(
		"correlationId", "status", "startedAt", "completedAt", "dryRun", "scope", "lookbackDays", "applies", "scanned", "overdue", "error",
	)},
	"reconciliation-items": {"reconciliation-items", "/v1/reconciliations/{run}/items", "items", join(
		plain("id", "class", "object", "stripeId", "balanceTransactionId", "booking", "measure"),
		[]column{
			{name: "here", at: "here", currency: "currency", bare: true}, {name: "atStripe", at: "atStripe", currency: "currency"},
		}, plain("proposed", "state", "expected", "reason", "note"),
	)},
	"audit":   {"audit", "/v1/audit", "entries", plain("id", "at", "actor", "action", "subject", "detail", "correlationId")},
	"clients": {"clients", "/v1/clients", "clients", plain("id", "name", "state", "mergedInto", "disabledAt", "createdAt", "createdBy")},
	"api-keys": {"api-keys", "/v1/api-keys", "apiKeys", plain(
		"id", "clientId", "client", "prefix", "scopes", "state", "createdAt", "createdBy", "expiresAt", "lastUsedAt", "revokedAt",
	)},
}
