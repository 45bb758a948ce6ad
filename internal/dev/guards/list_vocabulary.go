package guards

// vocabulary has the guards of packages without I/O: amounts, rights, bookings and their states.
var vocabulary = []Suite{
	{Package: "./money", Guards: []Guard{
		{
			Name: "money.minimum", File: "money/money.go", Func: "Money.ValidateCharge", Cut: "m.Value < least",
			Put: "false",
		},
		{
			Name: "money.maximum", File: "money/money.go", Func: "Money.ValidateCharge",
			Cut: "m.Value > m.Currency.MaxCharge()", Put: "false",
		},
		{
			Name: "money.currency-known", File: "money/money.go", Func: "Money.ValidateCharge", Cut: "err != nil",
			Put: "false && err != nil",
		},
		{
			Name: "money.three-decimals-end", File: "money/money.go", Func: "Money.wrongEnding",
			Cut: "step == 10 && m.Value%step != 0", Put: "false",
		},
		{
			Name: "money.whole-units-end", File: "money/money.go", Func: "Money.wrongEnding",
			Cut: "step == 100 && m.Value%step != 0", Put: "false",
		},
		{
			Name: "money.refund-above-zero", File: "money/money.go", Func: "Money.ValidateRefund", Cut: "m.Value < 1",
			Put: "false",
		},
		{
			Name: "money.share-rounds-half-up", File: "money/money.go", Func: "Money.Share",
			Cut: "share.Add(share, big.NewInt(50*step))", Put: "share",
		},
		{
			Name: "money.lowest-amount", File: "money/money.go", Func: "Money.Decimal", Cut: "m.Value < 0",
			Put: "false",
		},
		{
			Name: "money.decimals-too-many", File: "money/parse.go", Func: "ParseDecimal", Cut: "missing < 0",
			Put: "false",
		},
		{
			Name: "money.digits-only", File: "money/parse.go", Func: "ParseDecimal",
			Cut: `strings.Trim(whole+fraction, "0123456789") != ""`, Put: "false",
		},
	}},
	{Package: "./access", Guards: []Guard{
		{
			Name: "access.limit-at-once", File: "access/limit.go", Func: "Limits.Check",
			Cut: "amount.Value > limit.Action", Put: "false",
		},
		{
			Name: "access.limit-of-day", File: "access/limit.go", Func: "Limits.Check",
			Cut: "amount.Value > above.Left().Value", Put: "false",
		},
		{
			Name: "access.limit-never-negative", File: "access/limit.go", Func: "AboveLimitError.Left",
			Cut: "max(e.Limit.Day-e.Used, 0)", Put: "e.Limit.Day - e.Used",
		},
		{
			Name: "access.same-client", File: "access/actor.go", Func: "Actor.Is",
			Cut: "a.ClientID == other.ClientID", Put: "false",
		},
		{
			Name: "access.same-user-behind-sudo", File: "access/actor.go", Func: "Actor.user", Cut: "return caller",
			Put: "_ = caller",
		},
		{
			Name: "access.unknown-scope", File: "access/scope.go", Func: "NewScopes",
			Cut: "!slices.Contains(All(), scope)", Put: "false",
		},
		{
			Name: "access.scope-needed", File: "access/scope.go", Func: "NewScopes", Cut: "len(given) == 0",
			Put: "false",
		},
		{
			Name: "access.grant-within-own-scopes", File: "access/scope.go", Func: "Scopes.Beyond", Cut: "holder.Has",
			Put: "func(Scope) bool { return true }",
		},
		{
			Name: "access.admin-decides-no-month", File: "access/role.go",
			Cut: "ReconciliationWrite, FinanceRead, Admin,",
			Put: "ReconciliationWrite, FinanceRead, FinanceWrite, Admin,",
		},
	}},
	{Package: "./booking", Guards: []Guard{
		{
			Name: "booking.transition-table", File: "booking/status.go", Func: "transition", Cut: "target == to",
			Put: "target == target",
		},
		{
			Name: "booking.unknown-state", File: "booking/status.go", Func: "known", Cut: "return unknown",
			Put: "return state",
		},
		{
			Name: "booking.cancellable-payment", File: "booking/status.go", Func: "PaymentStatus.Cancellable",
			Cut: "return false", Put: "return true",
		},
		{
			Name: "booking.refund-final", File: "booking/refund.go", Func: "RefundStatus.Reserves",
			Cut: "s != RefundFailed", Put: "true",
		},
		{
			Name: "booking.refund-amount", File: "booking/refund.go", Func: "RefundRequest.Validate",
			Cut: "r.Amount < 0", Put: "false",
		},
		{
			Name: "booking.note-printable", File: "booking/refund.go", Func: "RefundRequest.Validate",
			Cut: `r.Note != "" && !printable(r.Note)`, Put: "false",
		},
		{
			Name: "booking.note-length", File: "booking/refund.go", Func: "RefundRequest.Validate",
			Cut: "len(r.Note) > maxNoteBytes", Put: "false",
		},
		{
			Name: "booking.reference-length", File: "booking/reference.go", Func: "isCode",
			Cut: "len(code) == codeLength", Put: "true",
		},
		{
			Name: "booking.reference-alphabet", File: "booking/reference.go", Func: "isCode",
			Cut: `strings.Trim(code, crockford) == ""`, Put: "true",
		},
		{
			Name: "booking.hold-before-departure", File: "booking/hold.go", Func: "HoldRules.HoldFor",
			Cut: "hold.Expires.After(latest)", Put: "false",
		},
		{
			Name: "booking.too-soon", File: "booking/hold.go", Func: "HoldRules.HoldFor",
			Cut: "latest.Before(now.Add(MinHoldMinutes * minute))", Put: "false",
		},
		{
			Name: "booking.slow-methods-need-time", File: "booking/hold.go", Func: "HoldRules.HoldFor",
			Cut: "r.Flight.DepartsAt.Sub(now) < h.SlowBeforeDeparture", Put: "false",
		},
		{
			Name: "booking.policy-order", File: "booking/policy.go", Func: "ParsePolicy",
			Cut: "rule.HoursBefore >= policy[i-1].HoursBefore", Put: "false",
		},
		{
			Name: "booking.policy-percentages", File: "booking/policy.go", Func: "ParsePolicy",
			Cut: "rule.Percent > policy[i-1].Percent", Put: "false",
		},
		{
			Name: "booking.quote-less-what-went-back", File: "booking/policy.go", Func: "Policy.Quote",
			Cut: "min(due, captured.Value)-returned", Put: "min(due, captured.Value)",
		},
		{
			Name: "booking.quote-boundary", File: "booking/policy.go", Func: "Policy.Quote",
			Cut: "left >= time.Duration(r.HoursBefore)*time.Hour",
			Put: "left > time.Duration(r.HoursBefore)*time.Hour",
		},
		{
			Name: "booking.departure-in-past", File: "booking/validate.go", Func: "Flight.validateTimes",
			Cut: "departs.Before(now)", Put: "false",
		},
		{
			Name: "booking.departure-too-far", File: "booking/validate.go", Func: "Flight.validateTimes",
			Cut: "departs.After(now.Add(bookingHorizon))", Put: "false",
		},
		{
			Name: "booking.arrival-after-departure", File: "booking/validate.go", Func: "Flight.validateTimes",
			Cut: "!arrives.After(departs)", Put: "false",
		},
		{
			Name: "booking.passengers", File: "booking/validate.go", Func: "Flight.validate",
			Cut: "len(f.Passengers) > MaxPassengers", Put: "false",
		},
		{
			Name: "booking.hold-bounds", File: "booking/validate.go", Func: "validateHoldAndCapture",
			Cut: "holdMinutes > MaxHoldMinutes", Put: "false",
		},
		{
			Name: "booking.return-url-scheme", File: "booking/return_url.go", Func: "ParseReturnURL",
			Cut: `parsed.Scheme != "https" && (parsed.Scheme != "http" || !local)`, Put: "false && !local",
		},
		{
			Name: "booking.return-url-user", File: "booking/return_url.go", Func: "ParseReturnURL",
			Cut: "parsed.User != nil", Put: "false",
		},
		{
			Name: "booking.name-without-address", File: "booking/address.go", Func: "hasAddress",
			Cut: "isDomain(found[1], found[2])", Put: "isDomain(found[1], found[2]) && false",
		},
		{
			Name: "booking.unknown-category-to-operator", File: "booking/category.go", Func: "RouteOf",
			Cut: "return RoutePerson", Put: "return RoutePayment",
		},
		{
			Name: "booking.unknown-decline-is-confidential", File: "booking/decline.go", Func: "AdviceOn",
			Cut: "return adviceConfidential", Put: "return adviceDetails",
		},
	}},
}
