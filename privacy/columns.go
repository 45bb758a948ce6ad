package privacy

import (
	"slices"
	"strings"
)

// What replaces the name and the address of a traveller who was erased. The domain is reserved (RFC 2606), so that nothing is ever
// delivered to it.
const (
	ErasedName  = "Erased"
	ErasedEmail = "erased@erased.invalid"
)

// EmptiedContent replaces the content of an email, so that reading it says so.
const EmptiedContent = `{"emptied":true}`

// Table says what the columns of text of one table hold. A test compares the tables with information_schema: a new column of a text type
// has to be classified here.
type Table struct {
	Name string
	// Codes are columns whose texts programs write: ids, references, states, digests, currencies, sums. They name nobody. Separated by
	// spaces, as in Staff.
	Codes string
	// Staff are names of operators, clients and keys, and what operators write about no traveller. They are kept: the audit of money needs
	// them.
	Staff string
	// Texts are what a traveller, or somebody about a traveller, may have written.
	Texts []Text
	// Rows are conditions, of which one finds each row about a booking by an index. They may name @booking, the id of its row, and
	// @reference. Empty for a table without rows about bookings.
	Rows []string
	// Exported is false for a table that an export leaves out: it has no row about a booking, or nothing but ids.
	Exported bool
	// Kept says how the table takes part in retention; the zero value for not at all.
	Kept Kept
}

// Text is one column of Table.Texts.
type Text struct {
	Column string
	// Empty is the SQL literal that replaces it. NULL stays NULL.
	Empty string
}

// Kept says which rows of a table are emptied after the period of a group.
type Kept struct {
	Group Group
	// Age is the column with the time at which the row was made. Rows get their ids in this order, apart from transactions at once.
	Age string
	// Settled is the condition of rows that nothing needs any more. Other rows are left as they are, and a later run reads them again.
	// @cutoff is the time before which a row has to be made.
	Settled string
}

const (
	empty = "''"
	null  = "NULL"
)

// Tables are all tables of the schema.
func Tables() []Table { return slices.Concat(bookings, money, messages, operations, schema) }

// ByName returns a table; the zero Table for a name that the schema does not have.
func ByName(name string) Table {
	for _, table := range Tables() {
		if table.Name == name {
			return table
		}
	}
	return Table{}
}

// OfGroup returns the tables of a group. Those of Travellers are emptied by erasing bookings.
func OfGroup(group Group) (tables []Table) {
	for _, table := range Tables() {
		if table.Kept.Group == group {
			tables = append(tables, table)
		}
	}
	return tables
}

// Columns are all columns of text that are classified, once for each time they are.
func (t Table) Columns() []string {
	all := append(strings.Fields(t.Codes), strings.Fields(t.Staff)...)
	for _, text := range t.Texts {
		all = append(all, text.Column)
	}
	return all
}

var bookings = []Table{
	{
		Name: "bookings",
		Codes: "reference status customer_locale currency correlation_id attention capture_method payment_methods request_key trace_parent " +
			"revenue_model revenue_moment flight_number supplement_of purpose",
		// flight_json has the passengers, whose names are replaced one by one: see store/privacy.
		Texts: []Text{
			{"customer_name", "'" + ErasedName + "'"},
			{"customer_email", "'" + ErasedEmail + "'"},
			{"flight_json", ""},
			{"return_url", null},
			{"purpose_text", null},
		},
		Rows:     []string{"id = @booking"},
		Exported: true,
		Kept:     Kept{Group: Travellers, Age: "created_at", Settled: "erased_at IS NULL"},
	},
	{Name: "imported_bookings", Codes: "earlier_reference", Rows: []string{"booking_id = @booking"}, Exported: true},
	{
		Name: "idempotency_keys", Codes: "idempotency_key request_sha256 operation resource lease",
		Texts: []Text{{"answer_body", empty}},
		Rows: []string{
			"booking_id = @booking", "about_booking_id = @booking", "resource = @reference",
			"resource IN (SELECT refund_id FROM refunds WHERE booking_id = @booking)",
			// Answers about matters have their texts and notes.
			"resource IN (SELECT s.code FROM attention_steps s JOIN attention_items i ON i.id = s.item_id WHERE i.booking_id = @booking)",
			"operation = 'close-attention' AND resource IN (SELECT CAST(id AS CHAR) FROM attention_items WHERE booking_id = @booking)",
		},
		Exported: true,
		Kept:     Kept{Group: Answers, Age: "created_at", Settled: "answer_body IS NOT NULL"},
	},
	{
		Name: "rebuild_items", Codes: "kind stripe_id payment_intent_id booking_reference currency stripe_status",
		Texts: []Text{{"booking_json", null}}, Rows: []string{"booking_reference = @reference"}, Exported: true,
	},
	{Name: "payment_twins"},
}

// decided is the condition that a draft of evidence cannot be submitted any more.
const decided = "state <> 'submitting' AND stripe_dispute_id IN " +
	"(SELECT stripe_dispute_id FROM disputes WHERE status IN ('warning_closed', 'won', 'lost'))"

var money = []Table{
	{
		Name: "payments", Codes: "stripe_payment_intent_id status currency stripe_charge_id decline_code stripe_status",
		Rows: []string{"booking_id = @booking"}, Exported: true,
	},
	{
		Name: "refunds",
		Codes: "refund_id stripe_payment_intent_id stripe_refund_id origin origin_key currency reason status failure_reason correlation_id " +
			"stripe_status request_key trace_parent bank_reference bank_reference_status bank_reference_type bank_way",
		Texts: []Text{{"note", empty}, {"abandon_note", empty}}, Rows: []string{"booking_id = @booking"}, Exported: true,
		Kept: Kept{Group: Notes, Age: "created_at", Settled: "status IN ('succeeded', 'failed', 'canceled')"},
	},
	{
		Name: "disputes", Codes: "stripe_dispute_id stripe_payment_intent_id status reason currency settlement_currency stripe_status card_brand",
		Rows: []string{"booking_id = @booking"}, Exported: true,
	},
	{
		Name: "evidence_drafts", Codes: "stripe_dispute_id state digest", Staff: "edited_by submitted_by",
		// Stripe's reason may quote the texts.
		Texts: []Text{{"texts", "'{}'"}, {"refusal", empty}}, Rows: []string{"booking_id = @booking"}, Exported: true,
		Kept: Kept{Group: Evidence, Age: "created_at", Settled: decided},
	},
	{
		Name: "evidence_files", Codes: "field content_type sha256 stripe_file_id", Staff: "added_by",
		Texts: []Text{{"name", empty}, {"content", null}}, Exported: true,
		Rows: []string{"draft_id IN (SELECT id FROM evidence_drafts WHERE booking_id = @booking)"},
		Kept: Kept{Group: Evidence, Age: "added_at", Settled: "draft_id IN (SELECT id FROM evidence_drafts WHERE " + decided + ")"},
	},
	{
		Name: "proposals", Codes: "code kind state currency reason refund_id", Staff: "proposed_by decided_by refused_by",
		Texts: []Text{{"note", empty}, {"decision_note", empty}, {"refusal", empty}}, Rows: []string{"booking_id = @booking"}, Exported: true,
		Kept: Kept{Group: Notes, Age: "proposed_at", Settled: "state <> 'proposed'"},
	},
	{Name: "moved_amounts", Codes: "kind currency subject"},
	{
		// The description of a manual journal is an operator's, and sealed: nothing may change it.
		Name: "financial_ledger",
		Codes: "type stripe_payment_intent_id stripe_object_id stripe_balance_transaction_id operation_key description effective_basis period " +
			"reporting_category stripe_currency stripe_source_id",
		Rows: []string{"booking_id = @booking"}, Exported: true,
	},
	{Name: "ledger_entries", Codes: "account side currency"},
	{Name: "ledger_seals", Codes: "sums previous_digest digest root"},
	{Name: "ledger_opening", Codes: "books_zone first_open", Staff: "decided_by"},
	{Name: "opening_balances", Codes: "currency kind"},
	{Name: "ledger_proposals", Codes: "kind subject digest decision", Staff: "content proposed_by decided_by"},
	{
		Name: "ledger_closings", Codes: "period action books_zone trial_balance previous_digest digest",
		Staff: "reason notes proposed_by approved_by",
	},
	{Name: "payouts", Codes: "stripe_payout_id status currency failure_code proof stripe_status trace_status trace_id"},
	{Name: "payout_transactions", Codes: "stripe_payout_id stripe_balance_transaction_id reporting_category currency"},
}

var messages = []Table{
	{
		Name: "emails", Codes: "kind audience dedupe_key message_id decline_code status",
		Texts: []Text{
			{"content_json", "'" + EmptiedContent + "'"}, {"last_error", empty}, {"server_answer", empty}, {"recipient_sha256", null},
		},
		Rows: []string{"booking_id = @booking"}, Exported: true,
		// Those about no booking are for finance: signed seals, payouts and reconciliations, which name nobody and prove the books.
		Kept: Kept{Group: Emails, Age: "created_at", Settled: "booking_id IS NOT NULL AND status NOT IN ('queued', 'held')"},
	},
	{Name: "email_recipient_locks"},
	{
		Name: "stripe_events", Codes: "stripe_event_id type api_version object_id booking_reference state account",
		Texts: []Text{{"payload", empty}, {"note", empty}, {"last_error", empty}},
		Rows: []string{
			"booking_reference = @reference",
			"object_id IN (SELECT stripe_dispute_id FROM disputes WHERE booking_id = @booking)",
			"object_id IN (SELECT stripe_payment_intent_id FROM payments WHERE booking_id = @booking)",
			"object_id IN (SELECT stripe_charge_id FROM payments WHERE booking_id = @booking AND stripe_charge_id <> '')",
			"object_id IN (SELECT stripe_refund_id FROM refunds WHERE booking_id = @booking AND stripe_refund_id IS NOT NULL)",
		},
		Exported: true,
		Kept:     Kept{Group: Events, Age: "received_at", Settled: "processed = TRUE"},
	},
}

var operations = []Table{
	{
		Name: "attention_items", Codes: "kind subject", Staff: "closed_by taken_by holder",
		Texts: []Text{{"text", empty}, {"note", empty}}, Rows: []string{"booking_id = @booking"}, Exported: true,
		Kept: Kept{Group: Notes, Age: "opened_at", Settled: "closed_at IS NOT NULL"},
	},
	{
		// Append-only, apart from the text: the application's user may update that column alone.
		Name: "attention_steps", Codes: "code kind", Staff: "actor", Texts: []Text{{"text", empty}},
		Rows: []string{"item_id IN (SELECT id FROM attention_items WHERE booking_id = @booking)"}, Exported: true,
		Kept: Kept{Group: Notes, Age: "at", Settled: "item_id IN (SELECT id FROM attention_items WHERE closed_at IS NOT NULL)"},
	},
	{
		Name: "reconciliation_items",
		Codes: "fingerprint class object stripe_id stripe_balance_transaction_id stripe_payment_intent_id booking_reference currency healing " +
			"state resolved_from",
		Texts: []Text{{"reason", empty}, {"note", empty}}, Rows: []string{"booking_reference = @reference"}, Exported: true,
		Kept: Kept{Group: Items, Age: "created_at", Settled: "TRUE"},
	},
	{Name: "reconciliation_runs", Codes: "correlation_id scope applies status plan_sha256 error"},
	{Name: "reconciliation_seen", Codes: "stripe_balance_transaction_id"},
	{Name: "correction_lock"},
	{Name: "rebuilds", Staff: "made_by"},
	{
		// Append-only. Details are ids, states and amounts, and never a name, an address or a note.
		Name: "audit_log", Codes: "action subject correlation_id detail dedupe_key", Staff: "actor", Rows: []string{"booking_id = @booking"},
		Exported: true,
	},
	{Name: "fences", Staff: "raised_by reason evidence lowered_by note"},
	{
		// Filters have no personal data: the API refuses it.
		Name: "saved_views", Codes: "owner list", Texts: []Text{{"name", empty}, {"query", empty}},
		Kept: Kept{Group: Views, Age: "saved_at", Settled: "removed_at < @cutoff"},
	},
	{Name: "console_people", Codes: "issuer role", Staff: "subject name"},
	{Name: "console_sessions", Codes: "token_sha256", Staff: "content"},
	{Name: "client_return_urls", Codes: "url", Staff: "added_by"},
	{Name: "api_clients", Codes: "client_id", Staff: "name created_by"},
	{Name: "api_keys", Codes: "token_sha256 key_id token_prefix scopes", Staff: "name created_by"},
	{Name: "retention_progress", Codes: "subject"},
	{
		// The contact is an integrator's, who is written to about the endpoint.
		Name: "webhook_endpoints", Codes: "endpoint_id url event_types secret_key_id previous_key_id disabled_reason",
		Staff: "description contact_email",
	},
	{
		// Payloads are ids, states and amounts. What a receiver answered is redacted.
		Name: "webhook_deliveries", Codes: "message_id event_key event_type payload", Staff: "answer_excerpt error",
	},
}

var schema = []Table{
	{Name: "installation", Codes: "installation_id secret"},
	{Name: "proofs", Codes: "scope promises_sha256 seal_digest seal_sums"},
	{Name: "proof_parts", Codes: "subject findings sums"},
	{Name: "goose_db_version"},
	{Name: "backfills", Codes: "name"},
	{Name: "migration_steps"},
}
