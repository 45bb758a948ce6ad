package privacy_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/money"
	vocabulary "farebook/privacy"
	"farebook/store"
	"farebook/store/privacy"
)

var operator = access.Actor{Name: "alice@bastion", CorrelationID: "c-erase"}

// Every column of a text type says what it holds, so that retention and erasure cannot miss a new one.
func TestEveryColumnOfTextIsClassified(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	found := columns(t, db, ofText)
	all, present := columns(t, db, ""), map[string]bool{} // the runner of migrations makes some tables only when it needs them
	for name := range all {
		table, _, _ := strings.Cut(name, ".")
		present[table] = true
	}
	classified := map[string]bool{}
	for _, table := range vocabulary.Tables() {
		for _, column := range table.Columns() {
			name := table.Name + "." + column
			require.False(t, classified[name], "%s is classified twice", name)
			classified[name] = true
			require.True(t, found[name] || !present[table.Name], "privacy.Tables has %s, which the schema does not have as a text", name)
		}
	}
	for name := range found {
		require.True(t, classified[name], "say in privacy/columns.go what %s holds: Codes, Staff, or Texts with what empties it", name)
	}
	for _, table := range vocabulary.Tables() {
		if table.Kept.Group != "" {
			require.True(t, all[table.Name+"."+table.Kept.Age], table.Name)
		}
	}
}

// ofText are the columns that may hold a text.
const ofText = "AND (character_maximum_length IS NOT NULL OR data_type = 'json')"

func columns(t *testing.T, db *testdb.DB, where string) map[string]bool {
	t.Helper()
	rows, err := db.SQL.QueryContext(t.Context(), "SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns "+
		"WHERE table_schema = ? "+where, db.Name)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	found := map[string]bool{}
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		found[name] = true
	}
	require.NoError(t, rows.Err())
	return found
}

// kit is a database with bookings of two travellers.
type kit struct {
	*testdb.DB
	t      *testing.T
	books  *privacy.Books
	caller store.Caller
}

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{DB: testdb.New(t), t: t}
	k.books = privacy.New(k.Store)
	k.caller = k.Caller(t, k.NewKey(t, "shop"))
	return k
}

func (k *kit) key(key string) store.IdempotencyKey {
	return store.IdempotencyKey{Caller: k.caller, Key: key, Operation: store.OperationCreateBooking}
}

// book takes a booking of an address, whose flight departs in a month.
func (k *kit) book(key, email string) booking.Reference {
	k.t.Helper()
	now := k.Clock.Now()
	departs := now.AddDate(0, 1, 0)
	name, _, _ := strings.Cut(email, "@") // canary, or dana
	made, err := k.Store.ReserveBooking(k.t.Context(), store.NewBooking{
		Caller: k.caller, IdempotencyKey: key, CorrelationID: "c-" + key, HoldExpiresAt: now.Add(time.Hour), Now: now,
		Request: booking.Request{
			Customer: booking.Customer{Name: name + " traveller", Email: email, Locale: "en"},
			Amount:   money.Money{Value: 45900, Currency: "USD"}, HoldMinutes: 30,
			Flight: booking.Flight{
				Number: "EK2", From: "LHR", To: "DXB", DepartsAt: departs, ArrivesAt: departs.Add(7 * time.Hour),
				Passengers: []booking.Passenger{{Name: name + " traveller"}, {Name: name + " child"}},
			},
		},
	})
	require.NoError(k.t, err)
	return made.Booking.Reference
}

// paid takes a booking and records its payment.
func (k *kit) paid(key, email string) booking.Reference {
	k.t.Helper()
	reference := k.book(key, email)
	snapshot := booking.PaymentSnapshot{
		PaymentIntentID: "pi_" + key, StripeStatus: "requires_payment_method", Reference: reference, Amount: 45900, Currency: "USD",
	}
	require.NoError(k.t, k.Store.RecordPaymentIntent(k.t.Context(), reference, snapshot, false))
	snapshot.StripeStatus, snapshot.AmountReceived, snapshot.ChargeID = "succeeded", 45900, "ch_"+key
	snapshot.Balance = &booking.BalanceTransaction{
		ID: "txn_" + key, Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD", Created: k.Clock.Now(),
	}
	_, err := k.Store.RecordPayment(k.t.Context(), store.PaymentReading{Snapshot: snapshot, Reason: store.ReasonEvent, Now: k.Clock.Now()})
	require.NoError(k.t, err)
	name, _, _ := strings.Cut(email, "@")
	k.Exec(k.t, "UPDATE emails SET status = 'sent', server_answer = ? WHERE status = 'queued'", name+" answer")
	return reference
}

// answersAbout keeps answers to actions on a matter, and on the evidence for a dispute, of a booking by its row.
func (k *kit) answersAbout(id string) {
	k.t.Helper()
	k.Exec(k.t, "INSERT INTO attention_items (id, booking_id, kind, text, note, opened_at, closed_at) VALUES (77, "+id+
		", 'y', 'Canary', 'Canary', NOW(), NOW())")
	k.Exec(k.t, "INSERT INTO attention_steps (code, item_id, kind, text, at, actor) VALUES ('as_1', 77, 'comment', 'Canary', NOW(), 'alice')")
	row, err := strconv.ParseUint(id, 10, 64)
	require.NoError(k.t, err)
	for operation, claimed := range map[string]struct {
		resource string
		asked    store.AuditEntry
	}{
		"comment-attention":   {"as_1", store.AuditEntry{}},
		"close-attention":     {"77", store.AuditEntry{}},
		"save-evidence-draft": {"dp_1", store.AuditEntry{BookingID: &row}},
	} {
		key := store.IdempotencyKey{Caller: k.caller, Key: operation, Operation: operation, Lease: operation}
		_, err := k.Store.ClaimOperation(k.t.Context(), key, claimed.resource, claimed.asked, k.Clock.Now())
		require.NoError(k.t, err)
		_, _, err = k.Store.StoreAnswer(k.t.Context(), key, 200, []byte(`{"text":"Canary"}`))
		require.NoError(k.t, err)
	}
}

// fly moves the time past all flights.
func (k *kit) fly() { k.Clock.Advance(60 * 24 * time.Hour) }

func TestOpenBookingsAreNotErased(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	held := k.book("held", "canary@one.example")
	var open *privacy.OpenError
	_, err := k.books.Erase(t.Context(), held, operator)
	require.ErrorAs(t, err, &open)
	require.Equal(t, []string{"its hold has not ended"}, open.Reasons)

	flies := k.paid("flies", "canary@one.example")
	_, err = k.books.Erase(t.Context(), flies, operator)
	require.ErrorAs(t, err, &open)
	require.Len(t, open.Reasons, 1)
	require.Contains(t, open.Reasons[0], "its flight departs at")

	k.fly()
	id := k.Text(t, "SELECT id FROM bookings WHERE reference = ?", flies)
	for reason, statements := range map[string][2]string{
		"the refund RF-1 is under way": {
			`INSERT INTO refunds (refund_id, booking_id, stripe_payment_intent_id, origin, amount, currency, reason, status, correlation_id,
				created_at, updated_at) VALUES ('RF-1', ` + id + `, 'pi_flies', 'api', 1, 'USD', 'other', 'pending', 'c', NOW(), NOW())`,
			"UPDATE refunds SET status = 'succeeded'",
		},
		"the dispute dp_1 is not decided": {
			`INSERT INTO disputes (booking_id, stripe_dispute_id, stripe_payment_intent_id, status, reason, amount, currency, created_at,
				updated_at) VALUES (` + id + `, 'dp_1', 'pi_flies', 'under_review', 'fraudulent', 1, 'USD', NOW(), NOW())`,
			"UPDATE disputes SET status = 'lost'",
		},
		"an operator has to examine the matter refund_held": {
			"INSERT INTO attention_items (booking_id, kind, text, opened_at) VALUES (" + id + ", 'refund_held', 'x', NOW())",
			"UPDATE attention_items SET closed_at = NOW()",
		},
		"the payment pi_flies is not settled":      {"UPDATE payments SET status = 'processing'", "UPDATE payments SET status = 'succeeded'"},
		"money that came late has to be paid back": {"UPDATE bookings SET refund_due = TRUE", "UPDATE bookings SET refund_due = FALSE"},
		" is not sent": {"UPDATE emails SET status = 'queued'", "UPDATE emails SET status = 'sent'"},
	} {
		k.Exec(t, statements[0])
		err := k.books.CheckErasable(t.Context(), flies)
		require.ErrorAs(t, err, &open, reason)
		require.Len(t, open.Reasons, 1, reason)
		require.Contains(t, open.Reasons[0], reason)
		k.Exec(t, statements[1])
	}
	require.NoError(t, k.books.CheckErasable(t.Context(), flies))
	require.Equal(t, 0, k.Count(t, "SELECT COUNT(*) FROM bookings WHERE erased_at IS NOT NULL"))
	require.ErrorIs(t, k.books.CheckErasable(t.Context(), "FB-00000000"), store.ErrNotFound)
}

// An erasure leaves nothing of the traveller anywhere, leaves everybody else's data and all money as they are, and is repeated without
// effect.
func TestErasureLeavesNothingButMoney(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	flown := k.paid("flown", "canary@one.example")
	other := k.paid("other", "dana@two.example")
	_, _, err := k.Store.StoreAnswer(t.Context(), k.key("flown"), 201, []byte(`{"customer":"Canary Traveller"}`))
	require.NoError(t, err)
	id := k.Text(t, "SELECT id FROM bookings WHERE reference = ?", flown)
	k.answersAbout(id)
	k.Exec(t, `INSERT INTO stripe_events (stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, processed, note,
		stripe_created_at, received_at) VALUES ('evt_1', 'payment_intent.succeeded', '', 'pi_flown', FALSE, '', '{"a":"Canary"}', TRUE, 'Canary',
		NOW(), NOW())`)
	k.Exec(t, "INSERT INTO attention_items (booking_id, kind, text, note, opened_at, closed_at) VALUES ("+id+
		", 'x', 'Canary', 'Canary', NOW(), NOW())")
	k.fly()
	before := k.Digest(t, "financial_ledger") + k.Digest(t, "ledger_entries") + k.Digest(t, "payments")
	exported, err := k.books.ExportBooking(t.Context(), flown)
	require.NoError(t, err)
	text, err := json.Marshal(exported)
	require.NoError(t, err)
	for _, part := range []string{
		"canary traveller", "canary child", "canary@one.example", "canary answer", "pi_flown", "ch_flown", `"evt_1"`, "financial_ledger",
	} {
		require.Contains(t, string(text), part)
	}
	require.NotContains(t, string(text), "dana@two.example")

	erased, err := k.books.Erase(t.Context(), flown, operator)
	require.NoError(t, err)
	require.Zero(t, erased.Before)
	require.Equal(t, []string{"pi_flown"}, erased.Stripe.PaymentIntents)
	require.Equal(t, []string{"ch_flown"}, erased.Stripe.Charges)
	require.Positive(t, erased.Rows["stripe_events"])
	for name := range columns(t, k.DB, ofText) {
		table, column, _ := strings.Cut(name, ".")
		query := fmt.Sprintf("SELECT COUNT(*) FROM `%s` WHERE LOWER(CAST(`%s` AS CHAR)) LIKE '%%canary%%'", table, column)
		require.Zero(t, k.Count(t, query), name)
	}
	known, err := k.Store.Booking(t.Context(), flown)
	require.NoError(t, err)
	require.Equal(t, booking.Customer{Name: vocabulary.ErasedName, Email: vocabulary.ErasedEmail, Locale: "en"}, known.Customer)
	require.Equal(t, []booking.Passenger{{Name: "Erased"}, {Name: "Erased"}}, known.Flight.Passengers)
	require.NotNil(t, known.ErasedAt)
	require.Equal(t, before, k.Digest(t, "financial_ledger")+k.Digest(t, "ledger_entries")+k.Digest(t, "payments"))
	for _, promise := range k.Promises(t) {
		require.True(t, promise.Held, "%s: %s", promise.Text, promise.Detail)
	}
	left, err := k.Store.Booking(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, "dana traveller", left.Customer.Name)
	require.Equal(t, "dana@two.example", left.Customer.Email)

	again, err := k.books.Erase(t.Context(), flown, operator)
	require.NoError(t, err)
	require.NotZero(t, again.Before)
	require.Empty(t, again.Rows)
	require.Equal(t, 1, k.Count(t,
		"SELECT COUNT(*) FROM audit_log WHERE action = 'privacy.erase' AND subject = ? AND actor = 'alice@bastion'", flown))
	claim, err := k.Store.KnownClaim(t.Context(), k.key("flown"))
	require.NoError(t, err)
	require.True(t, claim.Emptied(), "the key stands for what it made, without the answer")
	require.Equal(t, string(flown), claim.Resource)
}

// What comes about a booking after its erasure is not sent to the traveller, and cannot be sent again.
func TestNobodyIsWrittenAfterAnErasure(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	flown := k.paid("flown", "canary@one.example")
	sent := k.Text(t, "SELECT id FROM emails WHERE audience = 'customer' LIMIT 1")
	k.fly()
	_, err := k.books.Erase(t.Context(), flown, operator)
	require.NoError(t, err)
	id, err := strconv.ParseUint(sent, 10, 64)
	require.NoError(t, err)
	_, err = k.Store.ResendEmail(t.Context(), id, operator, k.Clock.Now())
	require.ErrorIs(t, err, store.ErrEmailEmptied)
	_, err = k.Store.RecordRefund(t.Context(), store.RefundReading{
		Snapshot: booking.RefundSnapshot{
			StripeRefundID: "re_late", PaymentIntentID: "pi_flown", ChargeID: "ch_flown", StripeStatus: "succeeded", Amount: 100, Currency: "USD",
			Balance: &booking.BalanceTransaction{
				ID: "txn_late", Amount: -100, Fee: 0, Net: -100, Currency: "USD", Created: k.Clock.Now(),
			},
		},
		Now: k.Clock.Now(),
	})
	require.NoError(t, err)
	require.Zero(t, k.Count(t, "SELECT COUNT(*) FROM emails WHERE audience = 'customer' AND status = 'queued'"))
	require.Positive(t, k.Count(t, "SELECT COUNT(*) FROM emails WHERE status = 'suppressed' AND last_error LIKE '%erased%'"))
}

func TestBookingsOfAnAddressAreFoundWhateverItsCase(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first, second := k.book("1", "Canary@One.example"), k.book("2", "canary@one.example")
	k.book("3", "canary@two.example")
	found, more, err := k.books.BookingsOfAddress(t.Context(), "canary@one.EXAMPLE", privacy.Travelled{})
	require.NoError(t, err)
	require.False(t, more)
	require.Len(t, found, 2)
	require.ElementsMatch(t, []booking.Reference{first, second}, []booking.Reference{found[0].Reference, found[1].Reference})
	found, _, err = k.books.BookingsOfAddress(t.Context(), "canary@one.example", found[0])
	require.NoError(t, err)
	require.Len(t, found, 1)
}

const month = 30 * 24 * time.Hour

// retain makes steps on a table until it is done, and returns how many rows were emptied.
func (k *kit) retain(table string, period time.Duration, limit int) (emptied int64) {
	k.t.Helper()
	for range 100 {
		step, err := k.books.Retain(k.t.Context(), table, period, limit, operator)
		require.NoError(k.t, err)
		emptied += step.Emptied
		if step.Done {
			return emptied
		}
	}
	k.t.Fatal("retention of " + table + " does not end")
	return 0
}

// Retention empties what is old enough and settled, in steps, and comes back for what was not settled.
func TestRetentionEmptiesWhatIsOldAndSettled(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i := range 7 {
		reference := k.paid(fmt.Sprintf("old%d", i), "canary@one.example")
		_, _, err := k.Store.StoreAnswer(t.Context(), k.key(fmt.Sprintf("old%d", i)), 201, []byte(`{"reference":"`+reference+`"}`))
		require.NoError(t, err)
	}
	k.Exec(t, "UPDATE emails SET content_json = '{}'")
	k.Exec(t, "UPDATE emails SET status = 'held' ORDER BY id LIMIT 1")
	k.fly()
	recent := k.paid("recent", "canary@one.example")
	_, _, err := k.Store.StoreAnswer(t.Context(), k.key("recent"), 201, []byte(`{}`))
	require.NoError(t, err)
	keys, emails := k.Count(t, "SELECT COUNT(*) FROM idempotency_keys"), k.Count(t, "SELECT COUNT(*) FROM emails WHERE content_json = '{}'")

	require.EqualValues(t, 7, k.retain("idempotency_keys", month, 2))
	require.Zero(t, k.retain("idempotency_keys", month, 2), "a repetition finds nothing")
	require.Equal(t, 7, k.Count(t, "SELECT COUNT(*) FROM idempotency_keys WHERE answer_body = '' AND answer_status = 201"))
	require.Equal(t, keys, k.Count(t, "SELECT COUNT(*) FROM idempotency_keys"))
	claim, err := k.Store.KnownClaim(t.Context(), k.key("old3"))
	require.NoError(t, err)
	require.True(t, claim.Emptied())
	claim, err = k.Store.KnownClaim(t.Context(), k.key("recent"))
	require.NoError(t, err)
	require.False(t, claim.Emptied())

	require.EqualValues(t, emails-1, k.retain("emails", month, 3))
	require.Equal(t, 1, k.Count(t, "SELECT COUNT(*) FROM emails WHERE content_json = '{}'"), "the email that may still be sent")
	k.Exec(t, "UPDATE emails SET status = 'sent'")
	require.Zero(t, k.retain("emails", month, 3))
	k.Clock.Advance(31 * 24 * time.Hour)
	k.retain("emails", 100*month, 3) // the end of a reading, after which the next begins at the first row
	require.EqualValues(t, 2, k.retain("emails", month, 3), "that one, and the one that is old by now")

	require.EqualValues(t, 7, k.retain("bookings", month, 3))
	known, err := k.Store.Booking(t.Context(), recent)
	require.NoError(t, err)
	require.Nil(t, known.ErasedAt, "its flight departed less than a period ago")
	for _, promise := range k.Promises(t) {
		require.True(t, promise.Held, "%s: %s", promise.Text, promise.Detail)
	}
	_, err = k.books.Retain(t.Context(), "ledger_entries", month, 1, operator)
	require.ErrorContains(t, err, "has no period")
}

// Evidence is kept while its dispute may still need it.
func TestRetentionOfEvidence(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	reference := k.paid("one", "canary@one.example")
	for id, status := range map[string]string{"dp_open": "needs_response", "dp_lost": "lost", "dp_sent": "won"} {
		k.Exec(t, "INSERT INTO disputes (stripe_dispute_id, booking_id, stripe_payment_intent_id, status, reason, amount, currency, created_at, "+
			"updated_at) SELECT ?, id, 'pi_one', ?, 'fraudulent', 45900, 'USD', created_at, created_at FROM bookings WHERE reference = ?",
			id, status, string(reference))
		k.Exec(t, "INSERT INTO evidence_drafts (stripe_dispute_id, booking_id, state, revision, texts, created_at, edited_at, edited_by) "+
			"SELECT ?, id, 'draft', 1, '{\"access_activity_log\":\"canary\"}', created_at, created_at, 'dana' FROM bookings WHERE reference = ?",
			id, string(reference))
		k.Exec(t, "INSERT INTO evidence_files (draft_id, field, name, content_type, bytes, pages, sha256, content, added_at, added_by) "+
			"SELECT id, 'receipt', 'canary.pdf', 'application/pdf', 6, 1, REPEAT('a', 32), 'canary', created_at, 'dana' FROM evidence_drafts "+
			"WHERE stripe_dispute_id = ?", id)
	}
	k.Exec(t, "UPDATE evidence_drafts SET state = 'submitting' WHERE stripe_dispute_id = 'dp_sent'")
	require.Zero(t, k.retain("evidence_drafts", month, 2), "nothing is old enough")
	k.fly()
	require.EqualValues(t, 1, k.retain("evidence_files", month, 2))
	require.EqualValues(t, 1, k.retain("evidence_drafts", month, 2))
	require.Equal(t, 1, k.Count(t, "SELECT COUNT(*) FROM evidence_drafts d JOIN evidence_files f ON f.draft_id = d.id "+
		"WHERE d.stripe_dispute_id = 'dp_lost' AND d.texts = '{}' AND f.name = '' AND f.content IS NULL AND f.bytes = 6"))
	require.Equal(t, 2, k.Count(t, "SELECT COUNT(*) FROM evidence_drafts d JOIN evidence_files f ON f.draft_id = d.id "+
		"WHERE d.texts <> '{}' AND f.content IS NOT NULL"))
}

// Every table that retention works on has columns that its statement names.
func TestRetentionOfEachTable(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.paid("one", "canary@one.example")
	k.Exec(t, "INSERT INTO saved_views (owner, list, name, query, saved_at, removed_at) VALUES (REPEAT('a', 32), 'bookings', 'x', 'q=1', "+
		"'2020-01-01', '2020-01-02'), (REPEAT('a', 32), 'bookings', 'kept', 'q=1', '2020-01-01', NULL)")
	for _, group := range vocabulary.Groups() {
		for _, table := range vocabulary.OfGroup(group) {
			k.retain(table.Name, month, 10)
		}
	}
	require.Equal(t, 1, k.Count(t, "SELECT COUNT(*) FROM saved_views WHERE query = ''"))
	require.Equal(t, 1, k.Count(t, "SELECT COUNT(*) FROM saved_views WHERE query = 'q=1'"))
}
