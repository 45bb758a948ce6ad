package reports_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/finance"
	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/starter/reports"
)

var update = flag.Bool("update", false, "write the golden files anew")

// november is a month in which a traveller pays in euros and in dollars, gets some of it back, disputes, and is paid out.
var november = finance.Interval{
	From: time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC),
	Basis: finance.ByEffective, Zone: time.UTC,
}

// ledgerOf numbers transactions, and posts each an hour after it took effect.
type ledgerOf struct {
	t    *testing.T
	rows []finance.Settling
}

func (l *ledgerOf) post(t ledger.Transaction, err error) {
	l.t.Helper()
	require.NoError(l.t, err)
	posted := t.Effective.At.Add(time.Hour)
	l.rows = append(l.rows, finance.Settling{
		Posted: finance.Posted{
			Transaction: seal.Transaction{ID: uint64(len(l.rows) + 1), PostedAt: posted, Transaction: t}, Date: t.Effective.At,
		},
		Period: ledger.PeriodAt(t.Effective.At, time.UTC),
	})
}

func at(day, hour int) time.Time {
	return time.Date(2026, time.November, day, hour, 30, 0, 0, time.UTC)
}

func settled(id, category, source string, amount, fee int64, created time.Time) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{
		ID: id, Amount: amount, Fee: fee, Net: amount - fee, Currency: "USD", ReportingCategory: category, SourceID: source, Created: created,
		AvailableOn: created.AddDate(0, 0, 2),
	}
}

// books are the transactions of the month by the posting rules.
func books(t *testing.T) []finance.Settling {
	t.Helper()
	l := &ledgerOf{t: t}
	euros := booking.PaymentSnapshot{
		PaymentIntentID: "pi_euros", StripeStatus: "succeeded", Reference: "FB-EUR0S001", Amount: 45900, AmountReceived: 45900, Currency: "EUR",
		ChargeID: "ch_euros", Balance: settled("txn_euros", "charge", "ch_euros", 49802, 1477, at(2, 9)),
	}
	l.post(ledger.Payment(euros, ledger.Effective{}))
	dollars := booking.PaymentSnapshot{
		PaymentIntentID: "pi_late", StripeStatus: "succeeded", Reference: "FB-D0LLARS1", Amount: 20000, AmountReceived: 20000, Currency: "USD",
		ChargeID: "ch_late",
	}
	l.post(ledger.Payment(dollars, ledger.Effective{At: at(3, 9), Basis: ledger.ByStripe}))
	dollars.Balance = settled("txn_late", "charge", "ch_late", 20000, 610, at(4, 9))
	l.post(ledger.Fee(dollars))
	l.post(ledger.RefundPromised(ledger.Promise{
		Reference: "FB-EUR0S001", PaymentIntentID: "pi_euros", RefundID: "RF-EUR0S001", Posting: 1, Unearned: 10000, Currency: "EUR",
		Effective: ledger.Effective{At: at(5, 9), Basis: ledger.ByBooking},
	}))
	l.post(ledger.Refund("FB-EUR0S001", booking.RefundSnapshot{
		StripeRefundID: "re_euros", PaymentIntentID: "pi_euros", StripeStatus: "succeeded", Amount: 10000, Currency: "EUR",
		Balance: settled("txn_back", "refund", "re_euros", -10702, 0, at(5, 10)),
	}))
	dispute := booking.DisputeSnapshot{DisputeID: "dp_late", PaymentIntentID: "pi_late", Amount: 20000, Currency: "USD"}
	l.post(ledger.Dispute("FB-D0LLARS1", dispute, *settled("txn_dispute", "dispute", "dp_late", -20000, 1500, at(6, 9))))
	l.post(ledger.AccountFee(*settled("txn_bill", "fee", "", -250, 0, at(7, 9))))
	l.post(ledger.Recognition(ledger.Recognising{
		Reference: "FB-EUR0S001", PaymentIntentID: "pi_euros", To: ledger.IncomeFlights, Amounts: map[money.Currency]int64{"EUR": 35900},
		Posting: 1, Effective: ledger.Effective{At: at(20, 9), Basis: ledger.ByBooking},
	}))
	l.post(ledger.Payout(booking.PayoutSnapshot{
		PayoutID: "po_1", Amount: 35763, Currency: "USD", Balance: settled("txn_payout", "payout", "po_1", -35763, 0, at(21, 9)),
	}))
	return l.rows
}

// itemsOf are the balance transactions of the books in the order of their first postings, completed as the database would.
func itemsOf(rows []finance.Settling) (items []finance.Item) {
	seen := map[string]bool{}
	for _, row := range rows {
		id := row.BalanceTransactionID
		if id == "" || seen[id] {
			continue
		}
		seen[id] = true
		one := finance.Settled{ID: id}
		for _, other := range rows {
			switch {
			case other.BalanceTransactionID == id:
				one.Rows = append(one.Rows, other)
			case row.Type == ledger.TypeStripeFee && other.Type == ledger.TypePayment && other.PaymentIntentID == row.PaymentIntentID:
				one.Early = append(one.Early, other)
			}
		}
		items = append(items, one.Items(november)...)
	}
	for n := range items {
		items[n].Payout = finance.ItemPayout{ID: "po_1", EffectiveAt: at(23, 0), TraceID: "20261123T1"}
		if source := items[n].SourceID; len(source) > 3 && source[:3] == "ch_" {
			items[n].ChargeID = source
		}
	}
	return items
}

// golden compares a report with its file.
func golden(t *testing.T, name, format string, table finance.Table, rows []finance.Row, checks finance.Checks) {
	t.Helper()
	var out bytes.Buffer
	writer := reports.NewWriter(&out, format)
	require.NoError(t, writer.Begin(table))
	for _, row := range rows {
		require.NoError(t, writer.Row(row))
	}
	require.NoError(t, writer.End(checks))
	for _, check := range checks {
		require.True(t, check.Held, "%s: %+v", name, check)
	}
	file := filepath.Join("testdata", name+"."+format)
	if *update {
		require.NoError(t, os.WriteFile(file, out.Bytes(), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String(), name)
}

// sumsOf are the balances after some transactions.
func sumsOf(rows []finance.Settling) seal.Sums {
	sums := seal.Sums{}
	for _, row := range rows {
		sums.AddEntries(row.Entries)
	}
	return sums
}

func TestReportsOfBalanceTransactionsAreAsReviewed(t *testing.T) {
	t.Parallel()
	rows := books(t)
	closing := sumsOf(rows)
	all, activity, payouts := finance.NewCategories(), finance.NewCategories(), finance.NewCategories()
	var itemised []finance.Row
	for _, item := range itemsOf(rows) {
		all.Add(item)
		itemised = append(itemised, item.Row())
		if item.IsPayout() {
			payouts.Add(item)
		} else {
			activity.Add(item)
		}
	}
	end := finance.NewPosition(closing)
	golden(t, "itemised", "csv", finance.ItemTable("balance-change", november), itemised, all.Checks("sums", end.Clearing))
	golden(t, "itemised", "json", finance.ItemTable("balance-change", november), itemised, nil)
	golden(t, "balance-change", "csv", finance.SummaryTable("balance-change", november), activity.Rows(), nil)
	summary := finance.BalanceSummary{
		Interval: november, Start: finance.NewPosition(nil), End: end, Activity: activity.Net(),
		Payouts: finance.Sums{}.Plus(payouts.Net(), -1),
	}
	golden(t, "balance-summary", "csv", finance.BalanceTable(november), summary.Rows(), summary.Checks())
	require.Equal(t, finance.Sums{"USD": 20000}, finance.ClearingOf(rows[1].Entries))
	golden(t, "in-transit", "csv", finance.BalanceTable(november), finance.InTransit(rows[1].Posted), nil)
}

func TestReportsOfAccountsAreAsReviewed(t *testing.T) {
	t.Parallel()
	rows := books(t)
	closing := sumsOf(rows)
	roll := finance.NewRollForward(nil, closing)
	for _, row := range rows {
		roll.Add(row.Posted)
	}
	open := finance.OpenBooking{
		Reference: "FB-D0LLARS1", DepartsAt: at(10, 9), Disputed: true, Amount: 20000,
		Of: finance.Of{Account: ledger.LiabilityUnearnedRevenue, Currency: "USD"},
	}
	roll.Open(open, november.To)
	golden(t, "unearned", "csv", finance.RollForwardTable(november), roll.Rows(), roll.Checks())
	golden(t, "open-bookings", "csv", finance.OpenBookingsTable(november), []finance.Row{open.Row()}, nil)
	for _, list := range []finance.MovementList{finance.IncomeList, finance.FeeList, finance.RefundList} {
		sums := finance.NewMovements()
		var entries []finance.Row
		for _, row := range rows {
			for _, one := range finance.MovementsOf(row, list.Accounts) {
				sums.Add(one)
				entries = append(entries, one.Row())
			}
		}
		golden(t, list.Name, "csv", finance.MovementSummaryTable(list.Name, november), sums.Rows(), sums.Checks(list.Accounts, nil, closing))
		golden(t, list.Name+"-itemised", "csv", finance.MovementTable(list.Name, november), entries, nil)
	}

	open.Disputed = false
	roll.Open(open, november.To)
	checks := roll.Checks()
	require.Contains(t, checks[1].Detail, "$400.00 and not $200.00", "an open booking that is listed twice")
	require.Contains(t, checks[2].Detail, "FB-D0LLARS1 departed at 2026-11-10 09:30:00 and has $200.00")
	missed := finance.NewMovements()
	require.False(t, missed.Checks(finance.FeeList.Accounts, nil, closing).Held(), "the entries of an account were left out")
}

type rowsOf struct{ rows []finance.Row }

func (r *rowsOf) Begin(finance.Table) error { return nil }
func (r *rowsOf) Row(row finance.Row) error { r.rows = append(r.rows, row); return nil }

func TestPayoutStatementIsAsReviewed(t *testing.T) {
	t.Parallel()
	payout := finance.PaidPayout{
		ID: "po_1", Status: booking.PayoutPaid, Amount: money.Money{Value: 35763, Currency: "USD"}, Automatic: true, Complete: true, Count: 6,
		CreatedAt: at(21, 9), ArrivesAt: at(23, 0), TraceStatus: "supported", TraceID: "20261123T1", Left: finance.Sums{"USD": 35763},
	}
	var sink rowsOf
	statement, err := finance.NewPayoutStatement(payout, november, &sink)
	require.NoError(t, err)
	for _, item := range itemsOf(books(t)) {
		if !item.IsPayout() {
			require.NoError(t, statement.Item(item))
		}
	}
	opened := finance.PayoutLine{ID: "txn_before", SettledAt: at(1, 0), Category: "charge", Opened: true, Net: money.Money{Currency: "USD"}}
	opened.Net.Value = 35763 - (48325 + 19390 - 10702 - 21500 - 250)
	require.NoError(t, statement.Unposted(opened))
	checks, err := statement.End()
	require.NoError(t, err)
	golden(t, "payout-statement", "csv", finance.PayoutStatementTable("po_1", november), sink.rows, checks)
}
