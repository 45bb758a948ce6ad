package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/money"
)

type shownDay struct {
	Date                                   string
	From, To                               time.Time
	Bookings, Paid, Refunds, FailedRefunds int
	Declines                               []struct {
		Code  string
		Count int
	}
	Money []struct{ Captured, Refunded money.Money }
}

type shownOverview struct {
	Zone           string
	Today, WeekAgo shownDay
	Days           []shownDay
	DisputesDue    []struct{ ID, Reference string }
	Clearing       []struct {
		Books       money.Money
		Unexplained *money.Money
	}
	Reconciliation *struct {
		CorrelationID string
		Open          int
	}
	Inbox, Outgoing, Attention []struct {
		State  string
		Count  int
		Oldest *time.Time
	}
}

func (s *server) overview(query string) (shown shownOverview) {
	s.t.Helper()
	got := s.do(http.MethodGet, "/v1/overview"+query, nil)
	require.Equal(s.t, http.StatusOK, got.status, "%s", got.body)
	require.NoError(s.t, json.Unmarshal(got.body, &shown))
	return shown
}

// bookedAt takes a booking and moves it to a time, with a payment that captured so much, or that was declined.
func (s *server) bookedAt(at time.Time, captured int, decline string) (reference string) {
	s.t.Helper()
	s.book([]byte(validBody()), "Idempotency-Key", fmt.Sprint("key-", s.db.Count(s.t, "SELECT COUNT(*) FROM bookings")))
	reference = s.db.Text(s.t, "SELECT reference FROM bookings ORDER BY id DESC LIMIT 1")
	s.db.Exec(s.t, "UPDATE bookings SET created_at = ? WHERE reference = ?", at.UTC(), reference)
	s.db.Exec(s.t, `INSERT INTO payments (booking_id, stripe_payment_intent_id, status, amount, amount_captured, currency, decline_code, created_at,
		updated_at) SELECT id, CONCAT('pi_', id), 'pending', amount, ?, currency, ?, created_at, created_at FROM bookings WHERE reference = ?`,
		captured, decline, reference)
	return reference
}

func (s *server) refundedAt(at time.Time, id, reference, status string, amount int) {
	s.t.Helper()
	s.db.Exec(s.t, `INSERT INTO refunds (refund_id, booking_id, stripe_payment_intent_id, origin, amount, currency, reason, status,
		correlation_id, created_at, updated_at) SELECT ?, id, 'pi_1', 'request', ?, currency, 'requested_by_customer', ?, 'c', ?, ?
		FROM bookings WHERE reference = ?`, id, amount, status, at.UTC(), at.UTC(), reference)
}

func (s *server) disputedUntil(id, reference, status string, due *time.Time) {
	s.t.Helper()
	s.db.Exec(s.t, `INSERT INTO disputes (booking_id, stripe_dispute_id, stripe_payment_intent_id, status, reason, amount, currency, due_by,
		created_at, updated_at) SELECT id, ?, 'pi_1', ?, 'fraudulent', amount, currency, ?, created_at, created_at
		FROM bookings WHERE reference = ?`, id, status, due, reference)
}

// A day begins in the zone that is asked for; the same weekday last week counts until the same time of the day.
func TestOverviewCountsDaysInAZone(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	dubai, err := time.LoadLocation("Asia/Dubai")
	require.NoError(t, err)
	now := s.db.Clock.Now().In(dubai)
	noon := time.Date(now.Year(), now.Month(), now.Day()+1, 12, 0, 0, 0, dubai)
	s.db.Clock.AdvanceTo(noon)
	midnight := noon.Add(-12 * time.Hour)
	weekAgo := time.Date(midnight.Year(), midnight.Month(), midnight.Day()-7, 0, 0, 0, 0, dubai)

	s.bookedAt(midnight.Add(-time.Second), 45900, "") // yesterday
	paid := s.bookedAt(midnight, 45900, "")
	s.bookedAt(midnight.Add(time.Hour), 0, "insufficient_funds")
	s.bookedAt(midnight.Add(time.Hour), 0, "insufficient_funds")
	s.bookedAt(midnight.Add(2*time.Hour), 0, "do_not_honor")
	s.bookedAt(midnight.Add(2*time.Hour), 40000, "do_not_honor") // paid by a later attempt
	s.bookedAt(weekAgo.Add(time.Hour), 45900, "")
	s.bookedAt(weekAgo.Add(13*time.Hour), 45900, "") // last week, later than now
	s.refundedAt(midnight, "RF-1", paid, "succeeded", 1000)
	s.refundedAt(midnight, "RF-2", paid, "failed", 2000)

	s.token = s.desk(access.OperationsRead).token
	shown := s.overview("?zone=Asia/Dubai")
	require.Equal(t, "Asia/Dubai", shown.Zone)
	today := shown.Today
	require.Equal(t, noon.Format(time.DateOnly), today.Date)
	require.True(t, today.From.Equal(midnight))
	require.Equal(t, [4]int{5, 2, 2, 1}, [4]int{today.Bookings, today.Paid, today.Refunds, today.FailedRefunds})
	require.Len(t, today.Declines, 2)
	require.Equal(t, "insufficient_funds", today.Declines[0].Code)
	require.Equal(t, 2, today.Declines[0].Count)
	require.Equal(t, 1, today.Declines[1].Count)
	require.Len(t, today.Money, 1)
	require.Equal(t, money.Money{Value: 85900, Currency: "USD"}, today.Money[0].Captured)
	require.Equal(t, money.Money{Value: 1000, Currency: "USD"}, today.Money[0].Refunded)
	require.Equal(t, 1, shown.WeekAgo.Bookings)
	require.Len(t, shown.Days, 14)
	require.Equal(t, today, shown.Days[13])
	require.Equal(t, 1, shown.Days[12].Bookings)
	require.Equal(t, 2, shown.Days[6].Bookings)
	require.Zero(t, shown.Days[0].Bookings)

	var days struct{ Days []shownDay }
	got := s.do(http.MethodGet, "/v1/overview/days?zone=Asia/Dubai", nil)
	require.NoError(t, json.Unmarshal(got.body, &days))
	require.Equal(t, shown.Days, days.Days)
	require.Equal(t, "UTC", s.overview("").Zone)
	for _, zone := range []string{"Local", "Mars/Olympus", "../etc"} {
		require.Equal(t, http.StatusUnprocessableEntity, s.do(http.MethodGet, "/v1/overview?zone="+zone, nil).status, zone)
	}
}

// What is open is there with its age; disputes come by their deadlines, and only those that wait for evidence.
func TestOverviewShowsWhatIsOpen(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	now := s.db.Clock.Now().Truncate(time.Second)
	reference := s.bookedAt(now, 45900, "")
	desk := s.desk(access.OperationsRead)
	empty := desk.overview("")
	require.Empty(t, empty.Attention)
	require.Empty(t, empty.DisputesDue)
	require.Nil(t, empty.Reconciliation)

	for days, id := range []string{"dp_1", "dp_2", "dp_3"} {
		due := now.AddDate(0, 0, 9-days)
		s.disputedUntil(id, reference, []string{"needs_response", "warning_needs_response", "needs_response"}[days], &due)
	}
	s.disputedUntil("dp_4", reference, "under_review", &now)
	s.openMatter("refund_failed", reference)
	s.db.Exec(t, `INSERT INTO stripe_events (stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, state, processed,
		stripe_created_at, received_at) VALUES ('evt_1', 'payout.paid', '', 'po_1', 0, '', '', 'failed', 0, ?, ?)`, now, now.Add(-time.Hour))
	s.db.Exec(t, `INSERT INTO emails (kind, dedupe_key, message_id, status, created_at) VALUES ('payout_failed', 'x', 'x', 'queued', ?)`, now)
	s.db.Exec(t, `INSERT INTO reconciliation_runs (correlation_id, scope, dry_run, lookback_days, payment_limit, status, window_start,
		window_end, started_at, completed_at) VALUES ('recon_1', 'all', 0, 7, 0, 'completed', ?, ?, ?, ?)`, now, now, now, now)
	s.db.Exec(t, `INSERT INTO reconciliation_items (run_id, fingerprint, class, object, stripe_id, stripe_balance_transaction_id,
		stripe_payment_intent_id, booking_reference, amount_here, amount_at_stripe, currency, reason, healing, state, created_at, updated_at)
		SELECT id, 'f', 'amount_mismatch', 'clearing', '', '', '', '', 900, 1000, 'USD', '', '', 'found', ?, ? FROM reconciliation_runs`, now, now)
	s.db.Exec(t, `INSERT INTO financial_ledger (type, operation_key, description, posted_at, effective_at, effective_basis)
		VALUES ('correction', 'k', 'a test', ?, ?, 'person')`, now, now)
	s.db.Exec(t, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) SELECT id, 'asset:stripe_clearing', 'debit', 900, 'USD'
		FROM financial_ledger`)
	s.db.Exec(t, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) SELECT id, 'equity:adjustments', 'credit', 900, 'USD'
		FROM financial_ledger`)

	shown := desk.overview("")
	require.Len(t, shown.DisputesDue, 3)
	for i, id := range []string{"dp_3", "dp_2", "dp_1"} {
		require.Equal(t, id, shown.DisputesDue[i].ID)
		require.Equal(t, reference, shown.DisputesDue[i].Reference)
	}
	require.Len(t, shown.Attention, 1)
	require.Equal(t, "refund_failed", shown.Attention[0].State)
	counts := map[string]int{}
	for _, open := range append(shown.Inbox, shown.Outgoing...) {
		counts[open.State] = open.Count
		require.Equal(t, open.Count > 0, open.Oldest != nil)
	}
	require.Equal(t, 1, counts["failed"])
	require.Equal(t, 1, counts["queued"])
	require.Len(t, shown.Clearing, 1)
	require.Equal(t, money.Money{Value: 900, Currency: "USD"}, shown.Clearing[0].Books)
	require.Equal(t, &money.Money{Value: -100, Currency: "USD"}, shown.Clearing[0].Unexplained)
	require.Equal(t, "recon_1", shown.Reconciliation.CorrelationID)
	require.Equal(t, 1, shown.Reconciliation.Open)

	var page struct {
		Disputes []struct{ ID string }
		HasMore  bool
	}
	got := desk.do(http.MethodGet, "/v1/disputes/due?limit=2", nil)
	require.NoError(t, json.Unmarshal(got.body, &page))
	require.True(t, page.HasMore)
	require.Equal(t, "dp_3", page.Disputes[0].ID)
	require.Len(t, page.Disputes, 2)
}
