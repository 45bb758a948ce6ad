package store_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"farebook/access"
	"farebook/booking"
	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/store"
	"farebook/store/monthend"
)

var (
	alice = access.Actor{Name: "alice@bastion"}
	bob   = access.Actor{Name: "bob@bastion"}
)

// readyMonths are months of books that have a paid booking in 2026-03, with what a month end needs of a reconciliation.
func (b books) readyMonths() *monthend.Months {
	b.t.Helper()
	b.paidBooking()
	b.ReconciledUntil(b.t, "2026-06-01")
	return monthend.New(b.Store)
}

func (b books) closed(months *monthend.Months, period ledger.Period) closing.Closing {
	b.t.Helper()
	_, _, err := months.ProposeClose(b.t.Context(), period, nil, alice)
	require.NoError(b.t, err)
	made, err := months.ApproveClose(b.t.Context(), period, bob)
	require.NoError(b.t, err)
	return made
}

// billed posts a bill of Stripe's that takes effect at the time of settledAt.
func (b books) billed(id string) error {
	return b.Store.RecordAccountFee(b.t.Context(), *balance(id, -250, 0, "fee"), b.Store.Now())
}

// A month is closed by two people, with the trial balance of its entries. What is posted for it afterwards is late: it counts in the next
// month, whose openings are the closings, and the closed month stays as it is.
func TestAClosedMonthNeverChanges(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.NoError(t, err)
	_, err = months.ApproveClose(t.Context(), "2026-03", alice)
	require.ErrorContains(t, err, "another operator approves")
	march, err := months.ApproveClose(t.Context(), "2026-03", bob)
	require.NoError(t, err)
	again, err := months.ApproveClose(t.Context(), "2026-03", bob)
	require.NoError(t, err, "a repetition is harmless")
	require.Equal(t, march.Statement(), again.Statement())
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM ledger_closings"))
	require.Equal(t, "ledger.close ledger.propose-close",
		b.Text(t, "SELECT GROUP_CONCAT(action ORDER BY action SEPARATOR ' ') FROM audit_log WHERE subject = '2026-03'"))

	require.NoError(t, b.billed("txn_late"))
	require.Equal(t, "2026-04", b.Text(t, "SELECT period FROM financial_ledger ORDER BY id DESC LIMIT 1"))
	now, err := months.Recompute(t.Context(), "2026-03")
	require.NoError(t, err)
	require.Equal(t, march.Trial.Text(), now.Text())
	april := b.closed(months, "2026-04")
	closings := map[ledger.Account]int64{}
	for _, line := range march.Trial.Lines {
		closings[line.Account] = line.Closing
	}
	for _, line := range april.Trial.Lines {
		require.Equal(t, closings[line.Account], line.Opening, line.Account)
	}
	require.Equal(t, march.Digest, april.Previous)
	b.requirePromises()
}

// A proposal is about one trial balance: a posting in the month makes it another one.
func TestAChangedMonthIsProposedAgain(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.NoError(t, err)
	require.NoError(t, b.billed("txn_meanwhile"))
	_, err = months.ApproveClose(t.Context(), "2026-03", bob)
	require.ErrorContains(t, err, "propose it again")
	b.closed(months, "2026-03")
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM ledger_proposals WHERE decision = 'replaced'"))
}

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

// Only the last closed month is reopened, by two people, and it can be closed again with what was posted meanwhile.
func TestTheLastMonthIsReopenedByTwoPeople(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	_, err := months.ProposeReopen(t.Context(), "2026-03", "a mistake", alice)
	require.ErrorContains(t, err, "no month is closed")
	b.closed(months, "2026-03")
	b.closed(months, "2026-04")
	_, err = months.ProposeReopen(t.Context(), "2026-03", "a mistake", alice)
	require.ErrorContains(t, err, "only the last closed month can")
	_, err = months.ProposeReopen(t.Context(), "2026-04", "a mistake", alice)
	require.NoError(t, err)
	_, err = months.ApproveReopen(t.Context(), "2026-04", alice)
	require.ErrorContains(t, err, "another operator approves")
	_, err = months.ApproveReopen(t.Context(), "2026-04", bob)
	require.NoError(t, err)
	b.requirePromises()
	require.NoError(t, b.billed("txn_after"))
	require.Equal(t, "2026-04", b.Text(t, "SELECT period FROM financial_ledger ORDER BY id DESC LIMIT 1"))
	april := b.closed(months, "2026-04")
	require.EqualValues(t, 4, april.Number)
	require.EqualValues(t, 1, april.Trial.Transactions)
	b.requirePromises()
}

// A close waits for a posting that is in flight and counts it, and a posting that waits for a close counts in the next month.
func TestACloseWaitsForAPostingInFlight(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.NoError(t, err)
	tx := b.begin()
	_, err = tx.ExecContext(t.Context(), "SELECT opened_at FROM ledger_opening WHERE id = 1 LOCK IN SHARE MODE")
	require.NoError(t, err)
	_, err = months.ApproveClose(t.Context(), "2026-03", bob)
	require.ErrorContains(t, err, "held open for more than 2s: try again")
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM ledger_closings"))
	closing := begin(func() error {
		_, err := months.ApproveClose(t.Context(), "2026-03", bob)
		return err
	})
	b.AwaitLockWaits(t, 1)
	require.NoError(t, tx.Rollback())
	require.NoError(t, closing())
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

// Closes race bills, payments and journals that take effect in the month: each lands in exactly one month, and the stored trial balance and
// its digest are those of the rows of its month.
func TestAPostingThatRacesACloseLandsInOneMonth(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	var march closing.Closing
	posted := 0
	for round := 0; march.Number == 0; round++ {
		require.Less(t, round, 500, "each approval lost the race")
		_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
		require.NoError(t, err)
		var group errgroup.Group
		for _, post := range b.postings(months, round) {
			reads := rand.IntN(60 * (1 + round/4)) // before the close, in it or after it; later with each lost round, so that one is won
			posted++
			group.Go(func() error {
				for range reads {
					b.Count(t, "SELECT COUNT(*) FROM ledger_opening")
				}
				return post()
			})
		}
		group.Go(func() (err error) {
			march, err = months.ApproveClose(t.Context(), "2026-03", bob)
			var refused *monthend.RefusedError
			if errors.As(err, &refused) {
				return nil
			}
			return err
		})
		require.NoError(t, group.Wait())
	}
	for _, post := range b.postings(months, 1000) {
		posted++
		require.NoError(t, post())
	}
	inMarch := b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE period = '2026-03' AND id <= ?", march.LastLedgerID)
	inApril := b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE period = '2026-04' AND effective_at < '2026-04-01'")
	t.Logf("%d in the month, %d after its close", inMarch, inApril)
	require.Equal(t, posted+1, inMarch+inApril, "with the payment of readyMonths")
	require.Equal(t, posted+1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.GreaterOrEqual(t, inApril, 3)
	stored, found, err := months.Closing(t.Context(), "2026-03")
	require.NoError(t, err)
	require.True(t, found)
	rows := b.trialOfRows("2026-03")
	require.Equal(t, rows.Text(), stored.Trial.Text())
	require.Equal(t, rows.Digest(), stored.Trial.Digest())
	head, _, _ := strings.Cut(stored.Statement(), "digest: ")
	require.EqualValues(t, sha256.Sum256([]byte(head)), stored.Digest)
	b.requirePromises()
}

// postings post one transaction of each kind that takes effect in March: without a booking's lock, under one, and by an operator.
func (b books) postings(months *monthend.Months, round int) []func() error {
	b.t.Helper()
	id := strconv.Itoa(round)
	reservation, err := b.reserve("race-"+id, 1)
	require.NoError(b.t, err)
	held := booking.PaymentSnapshot{
		PaymentIntentID: "pi_race_" + id, StripeStatus: "requires_payment_method", Reference: reservation.Booking.Reference,
		Amount: 45900, Currency: "USD",
	}
	require.NoError(b.t, b.Store.RecordPaymentIntent(b.t.Context(), held.Reference, held, false))
	payment := paid(held, true)
	payment.ChargeID, payment.Balance.ID = "ch_race_"+id, "txn_race_paid_"+id
	return []func() error{
		func() error { return b.billed("txn_race_" + id) },
		func() error { _, err := b.record(payment, store.ReasonEvent); return err },
		func() error {
			_, err := months.Post(b.t.Context(), monthend.Journal{
				Key: "race-" + id, Reason: "Bank charges", EffectiveAt: settledAt, Entries: []monthend.JournalEntry{
					{Account: "expense:stripe_fees", Side: "debit", Amount: 500, Currency: "EUR"},
					{Account: "asset:bank", Side: "credit", Amount: 500, Currency: "EUR"},
				},
			}, monthend.Limits{"EUR": 500}, alice)
			return err
		},
	}
}

// trialOfRows is the trial balance of the first month of the books by SQL.
func (b books) trialOfRows(period ledger.Period) closing.Trial {
	b.t.Helper()
	trial := closing.Trial{
		Period: period, Zone: "UTC",
		Transactions: uint64(b.Count(b.t, "SELECT COUNT(*) FROM financial_ledger WHERE period = ?", period)),
	}
	rows, err := b.SQL.QueryContext(b.t.Context(), `SELECT e.account, e.currency, SUM(IF(e.side = 'debit', e.amount, 0)),
		SUM(IF(e.side = 'credit', e.amount, 0)), COUNT(*) FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id
		WHERE l.period = ? GROUP BY e.account, e.currency ORDER BY e.account, e.currency`, period)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, rows.Close()) }()
	for rows.Next() {
		var line closing.Line
		var entries uint64
		require.NoError(b.t, rows.Scan(&line.Account, &line.Currency, &line.Debit, &line.Credit, &entries))
		line.Closing = line.Debit - line.Credit
		trial.Lines, trial.Entries = append(trial.Lines, line), trial.Entries+entries
	}
	require.NoError(b.t, rows.Err())
	return trial
}

// Somebody with the database's password changes what was closed: verify names it.
func TestAChangedCloseIsFound(t *testing.T) {
	t.Parallel()
	for statement, says := range map[string]string{
		"UPDATE ledger_closings SET approved_by = 'eve'":                          "closing 1 of 2026-03 was changed",
		"UPDATE ledger_closings SET trial_balance = '[]'":                         "closing 1 of 2026-03 was changed",
		"DELETE FROM ledger_closings":                                             "the closings say otherwise",
		"UPDATE financial_ledger SET period = '2026-02' WHERE period = '2026-03'": "the trial balance of its entries",
		"UPDATE ledger_opening SET first_open = NULL":                             "the closings say otherwise",
		`INSERT INTO financial_ledger (type, description, posted_at, period)
			VALUES ('x', '', NOW(), '2026-03')`: "was added to 2026-03",
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			months := b.readyMonths()
			b.closed(months, "2026-03")
			reasons, err := months.Verify(t.Context(), true)
			require.NoError(t, err)
			require.Empty(t, reasons)
			b.Exec(t, statement)
			reasons, err = months.Verify(t.Context(), true)
			require.NoError(t, err)
			require.Contains(t, fmt.Sprint(reasons), says)
		})
	}
}

// A journal is posted once, above the limit by two people; what follows from Stripe is not for journals.
func TestJournalsArePostedOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := monthend.New(b.Store)
	journal := monthend.Journal{
		Key: "bank-fee-1", Reason: "Bank charges of March", EffectiveAt: settledAt, Entries: []monthend.JournalEntry{
			{Account: "expense:stripe_fees", Side: "debit", Amount: 500, Currency: "USD"},
			{Account: "asset:bank", Side: "credit", Amount: 500, Currency: "USD"},
		},
	}
	limits := monthend.Limits{"USD": 500}
	first, err := months.Post(t.Context(), journal, limits, alice)
	require.NoError(t, err)
	require.False(t, first.Waits)
	require.EqualValues(t, "2026-03", first.Period)
	again, err := months.Post(t.Context(), journal, limits, alice)
	require.NoError(t, err)
	require.Equal(t, first, again)
	journal.Reason = "Another"
	_, err = months.Post(t.Context(), journal, limits, alice)
	require.ErrorContains(t, err, "is the key of another journal")

	journal.Key = "bank-fee-2"
	waits, err := months.Post(t.Context(), journal, nil, alice)
	require.NoError(t, err)
	require.True(t, waits.Waits)
	_, err = months.ApprovePost(t.Context(), "bank-fee-2", alice)
	require.ErrorContains(t, err, "another operator approves")
	second, err := months.ApprovePost(t.Context(), "bank-fee-2", bob)
	require.NoError(t, err)
	again, err = months.ApprovePost(t.Context(), "bank-fee-2", bob)
	require.NoError(t, err)
	require.Equal(t, second, again)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'manual'"))

	journal.Key = "bank-fee-3"
	journal.Entries[1].Account, journal.Entries[1].Amount = "asset:bank", 400
	_, err = months.Post(t.Context(), journal, limits, alice)
	require.ErrorContains(t, err, "debits of $5.00 and credits of $4.00 differ")
	b.requirePromises()
}

// A journal is on no account that verify compares with Stripe's objects and with bookings; on every other one it breaks no promise. One
// that somebody with the database's password has put there is found.
func TestJournalsBreakNoPromise(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := monthend.New(b.Store)
	b.requestedRefund(20000)
	for n, account := range ledger.Accounts {
		allowed := slices.Contains(ledger.JournalAccounts(), account)
		for _, side := range []ledger.Side{ledger.Debit, ledger.Credit} {
			other := map[ledger.Side]ledger.Side{ledger.Debit: ledger.Credit, ledger.Credit: ledger.Debit}[side]
			_, err := months.Post(t.Context(), monthend.Journal{
				Key: fmt.Sprintf("%d-%s", n, side), Reason: "a test", EffectiveAt: settledAt, Entries: []monthend.JournalEntry{
					{Account: account, Side: side, Amount: 100, Currency: "USD"},
					{Account: ledger.AssetBank, Side: other, Amount: 100, Currency: "USD"},
				},
			}, monthend.Limits{"USD": 100}, alice)
			if allowed {
				require.NoError(t, err, account)
			} else {
				require.ErrorContains(t, err, "account follows from Stripe's objects and from bookings", account)
			}
		}
	}
	b.requirePromises()
	require.EqualValues(t, -20000, b.balanceOf("liability:refunds_payable"))
	entry := b.Count(t, "SELECT MAX(e.id) FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id WHERE l.type = 'manual'")
	for _, account := range ledger.Accounts {
		if !slices.Contains(ledger.JournalAccounts(), account) {
			b.Exec(t, "UPDATE ledger_entries SET account = ? WHERE id = ?", account, entry)
			require.Contains(t, b.broken(), "no manual journal is on an account that follows from Stripe's objects and from bookings", account)
		}
	}
}
