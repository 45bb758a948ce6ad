package store_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger/closing"
	"farebook/store"
	"farebook/store/monthend"
)

// What blocks a close is named, and a note accepts it where an operator can answer for it.
func TestFindingsBlockACloseUnlessTheyHaveANote(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	b.Exec(t, "INSERT INTO attention_items (id, kind, subject, text, opened_at) VALUES (7, 'earlier', 'x', 'Ask Layla', '2026-03-05')")
	var blocked *monthend.BlockedError
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.ErrorAs(t, err, &blocked)
	require.Equal(t, "2026-03 cannot be closed yet: no matter needs attention", blocked.Error())
	_, _, err = months.ProposeClose(t.Context(), "2026-03", []closing.Note{{Item: "attention/8", Text: "?", By: "alice"}}, alice)
	require.ErrorContains(t, err, "nothing of that name blocks the close")
	waits := closing.Note{Item: "attention/7", Text: "waits for the bank", By: "alice"}
	_, _, err = months.ProposeClose(t.Context(), "2026-03", []closing.Note{waits}, alice)
	require.NoError(t, err)
	march, err := months.ApproveClose(t.Context(), "2026-03", bob)
	require.NoError(t, err)
	require.Contains(t, march.Statement(), `note: attention/7 "waits for the bank" by "alice"`)

	b.Exec(t, "UPDATE reconciliation_runs SET window_end = '2026-04-30'")
	_, _, err = months.ProposeClose(t.Context(), "2026-04", []closing.Note{{Item: "reconciliation", Text: "later", By: "alice"}}, alice)
	require.ErrorContains(t, err, "nothing of that name", "a reconciliation that was not run cannot be accepted")
	_, _, err = months.ProposeClose(t.Context(), "2026-05", nil, alice)
	require.ErrorContains(t, err, "the next one to close")
}

// A booking that departed in the month and is not recognised is named, and blocks the close; one whose dispute is open is named alone.
func TestUnrecognisedDeparturesBlockTheClose(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	reference := string(b.reference())
	b.Exec(t, `UPDATE bookings SET recognise_at = '2026-03-30 09:00',
		flight_json = JSON_SET(flight_json, '$.departsAt', '2026-03-30T09:00:00Z', '$.arrivesAt', '2026-03-30T16:00:00Z')`)
	recognised := func() monthend.Check {
		review, err := months.Review(t.Context(), "2026-03", nil)
		require.NoError(t, err)
		at := slices.IndexFunc(review.Checks, func(c monthend.Check) bool { return strings.HasPrefix(c.Text, "revenue that was due") })
		return review.Checks[at]
	}
	require.Equal(t, []monthend.Finding{{Item: "recognition/" + reference, Text: "due since 2026-03-30 and not recognised"}},
		recognised().Findings)
	b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn))
	for range 2 { // before the sweep, and once it has postponed the booking
		require.True(t, recognised().Holds())
		require.Equal(t, "until their disputes end, not yet "+reference, recognised().Detail)
		b.recognise(b.Store.Now())
	}
	b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, reinstated))
	require.False(t, recognised().Holds(), "the dispute is decided, and the next sweep is a day later")
	b.recognise(b.Store.Now().Add(25 * time.Hour))
	require.Equal(t, monthend.Check{Text: "revenue that was due in the month is recognised"}, recognised())
	b.closed(months, "2026-03")
	b.requirePromises()
}

// A close asks for a comparison with Stripe's report that was made after the month had ended and in which nothing differed. The newest
// counts.
func TestACloseAsksForStripesReport(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	compared := func() monthend.Check {
		review, err := months.Review(t.Context(), "2026-03", nil)
		require.NoError(t, err)
		at := slices.IndexFunc(review.Checks, func(c monthend.Check) bool { return strings.HasPrefix(c.Text, "Stripe's report") })
		return review.Checks[at]
	}
	require.Equal(t, "by carol on 2026-06-01", compared().Detail)
	record := func(held bool) {
		require.NoError(t, months.RecordComparison(t.Context(), monthend.Comparison{Period: "2026-03", Held: held}, alice))
	}
	record(false)
	require.Contains(t, compared().Findings[0].Text, "differed on")
	var blocked *monthend.BlockedError
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.ErrorAs(t, err, &blocked)
	require.Equal(t, "stripe-file", blocked.Checks[0].Findings[0].Item)
	record(true)
	require.True(t, compared().Holds())
	b.Exec(t, `INSERT INTO audit_log (at, actor, action, subject, correlation_id)
		VALUES ('2026-03-31', 'x', 'ledger.compare', 'stripe-file/2026-03', 'x')`)
	require.Contains(t, compared().Findings[0].Text, "before the month had ended")
	review, err := months.Review(t.Context(), "2026-07", nil)
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(review.Checks, func(c monthend.Check) bool {
		return len(c.Findings) == 1 && strings.Contains(c.Findings[0].Text, "was not compared")
	}))
}

// Each payout of the month is listed, and accepted alone or with the others.
func TestEachPayoutIsTiedToTheBank(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	for n, arrives := range []string{"2026-03-31 23:59:59", "2026-03-01", "2026-04-01", "2026-03-05"} {
		id := fmt.Sprintf("po_%d", n+1)
		b.Exec(t, `INSERT INTO payouts (stripe_payout_id, status, amount, currency, automatic, arrives_at, proof, posted, created_at, updated_at)
			VALUES (?, IF(? = 'po_4', 'failed', 'paid'), 1000, 'USD', TRUE, ?, 'manual', TRUE, '2026-03-01', '2026-03-01')`, id, id, arrives)
	}
	var blocked *monthend.BlockedError
	review := func(notes ...closing.Note) error {
		_, _, err := months.ProposeClose(t.Context(), "2026-03", notes, alice)
		return err
	}
	require.ErrorAs(t, review(), &blocked)
	require.Len(t, blocked.Checks, 1)
	require.Equal(t, "2 payouts with USD $20.00", blocked.Checks[0].Detail)
	one, all := closing.Note{Item: "bank/po_1", Text: "statement 12"}, closing.Note{Item: "bank", Text: "statement 13"}
	require.ErrorAs(t, review(one), &blocked)
	require.Equal(t, "bank/po_2", blocked.Checks[0].Findings[0].Item, "in the order of arrival")
	require.ErrorContains(t, review(closing.Note{Item: "bank/po_3", Text: "later"}), "nothing of that name")
	require.NoError(t, review(all))
	require.NoError(t, review(all, one))
}

// A booking whose ledger follows the posting rules of an earlier release blocks the close.
func TestBookingsAreCarriedOverBeforeAClose(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	b.Exec(t, "UPDATE bookings SET ledger_rules = 1, created_at = '2026-03-03'")
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.ErrorContains(t, err, "every booking follows the posting rules of this release")
	b.carryOver(store.CarryingOver{Now: b.Store.Now()})
	b.closed(months, "2026-03")
}

// A posting without a period, as the previous release writes it, blocks the close until starter migrate has completed it.
func TestAPostingOfTheOlderReleaseBlocksTheClose(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	b.posted()
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.ErrorContains(t, err, "every transaction has its month")
	b.Fill(t)
	b.closed(months, "2026-03")
}

// What is found after the month neither hides what is found in it nor counts as more of it.
func TestLaterFindingsHideNoEarlierOne(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	month, next := "2026-03-05", "2026-04-05"
	propose := func(key string, at time.Time) {
		_, err := months.Post(t.Context(), bankCharges(key, at), nil, alice)
		require.NoError(t, err)
	}
	for n := range 52 { // the oldest in the month, and more than are listed after it
		opened := next
		if n == 0 {
			opened = month
		}
		b.Exec(t, "INSERT INTO attention_items (kind, subject, text, opened_at) VALUES ('earlier', ?, 'Ask Layla', ?)", strconv.Itoa(n), opened)
		id := fmt.Sprintf("evt_%d", n)
		_, err := b.Store.ReceiveEvent(t.Context(), event(id, "charge.refunded"), "", time.Hour)
		require.NoError(t, err)
		b.Exec(t, `UPDATE stripe_events SET state = IF(MOD(?, 2) = 0, 'failed', 'unknown_booking'), stripe_created_at = ?
			WHERE stripe_event_id = ?`, n, opened, id)
		at, err := time.Parse(time.DateOnly, opened)
		require.NoError(t, err)
		propose(fmt.Sprintf("fee-%d", n), at)
	}
	review, err := months.Review(t.Context(), "2026-03", nil)
	require.NoError(t, err)
	found := map[string][]string{}
	for _, check := range review.Checks {
		require.False(t, check.More, check.Text)
		for _, finding := range check.Findings {
			found[check.Text] = append(found[check.Text], finding.Item)
		}
	}
	require.Equal(t, map[string][]string{
		"no matter needs attention": {"attention/1"}, "no event of Stripe's has failed": {"event/evt_0"},
		"manual journals are approved": {"journal/fee-0"},
	}, found)
	propose("last-moment", time.Date(2026, time.March, 31, 23, 59, 59, 999999000, time.UTC))
	propose("next-month", time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC))
	review, err = months.Review(t.Context(), "2026-03", nil)
	require.NoError(t, err)
	at := slices.IndexFunc(review.Checks, func(c monthend.Check) bool { return c.Text == "manual journals are approved" })
	require.Len(t, review.Checks[at].Findings, 2)
	require.Equal(t, "journal/last-moment", review.Checks[at].Findings[1].Item)
}

// bankCharges is a journal of $5.00.
func bankCharges(key string, at time.Time) monthend.Journal {
	return monthend.Journal{
		Key: key, Reason: "Bank charges", EffectiveAt: at, Entries: []monthend.JournalEntry{
			{Account: "expense:stripe_fees", Side: "debit", Amount: 500, Currency: "USD"},
			{Account: "asset:bank", Side: "credit", Amount: 500, Currency: "USD"},
		},
	}
}
