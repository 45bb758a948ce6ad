package report_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/finance"
	"farebook/internal/dev/testdb"
	"farebook/ledger"
	"farebook/money"
	"farebook/store/report"
)

type books struct {
	*testdb.DB
	t       *testing.T
	reports *report.Reports
}

func newBooks(t *testing.T) books {
	t.Helper()
	db := testdb.New(t)
	return books{db, t, report.New(db.Store)}
}

// kept keeps the rows of a report.
type kept struct {
	table finance.Table
	rows  []finance.Row
}

func (k *kept) Begin(table finance.Table) error { k.table = table; return nil }
func (k *kept) Row(row finance.Row) error       { k.rows = append(k.rows, slices.Clone(row)); return nil }

// column is the values of a column.
func (k *kept) column(t *testing.T, name string) []any {
	t.Helper()
	at := slices.IndexFunc(k.table.Columns, func(c finance.Column) bool { return c.Name == name })
	require.GreaterOrEqual(t, at, 0, name)
	values := make([]any, len(k.rows))
	for i, row := range k.rows {
		values[i] = row[at]
	}
	return values
}

var day = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

// posted is a transaction to post as an administrator.
type posted struct {
	posted, effective time.Time
	kind              ledger.Type
	txn               string
	entries           []ledger.Entry
}

// post inserts transactions.
func (b books) post(all ...posted) {
	b.t.Helper()
	tx, err := b.SQL.BeginTx(b.t.Context(), nil)
	require.NoError(b.t, err)
	for _, one := range all {
		if one.kind == "" {
			one.kind = ledger.TypeCorrection
		}
		inserted, err := tx.ExecContext(b.t.Context(), `INSERT INTO financial_ledger (type, stripe_balance_transaction_id, operation_key,
			description, posted_at, effective_at, effective_basis) VALUES (?, ?, UUID(), 'a "test"; of | words', ?, ?, 'person')`,
			one.kind, one.txn, one.posted, one.effective)
		require.NoError(b.t, err)
		id, err := inserted.LastInsertId()
		require.NoError(b.t, err)
		for _, entry := range one.entries {
			_, err = tx.ExecContext(b.t.Context(), `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
				VALUES (?, ?, ?, ?, ?)`, id, entry.Account, entry.Side, entry.Amount, entry.Currency)
			require.NoError(b.t, err)
		}
	}
	require.NoError(b.t, tx.Commit())
}

// moved debits one account and credits another.
func moved(debit, credit ledger.Account, amount int64, currency money.Currency) []ledger.Entry {
	return []ledger.Entry{
		{Account: debit, Side: ledger.Debit, Amount: amount, Currency: currency},
		{Account: credit, Side: ledger.Credit, Amount: amount, Currency: currency},
	}
}

// seal seals the ledger as it would have been sealed at a time.
func (b books) seal(at time.Time) {
	b.t.Helper()
	b.Clock.Advance(at.Sub(b.Clock.Now()))
	_, _, err := b.Store.SealLedger(b.t.Context())
	require.NoError(b.t, err)
}

// fill posts random transactions of some days, half a page each day, with a seal after each day but the last. Some take effect days before
// they are posted, and some days after.
func (b books) fill(days int) {
	b.t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for d := range days {
		var all []posted
		for range 400 {
			at := day.AddDate(0, 0, d).Add(time.Duration(random.Int64N(int64(24 * time.Hour)))).Truncate(time.Microsecond)
			effective := at
			switch random.IntN(10) {
			case 0:
				effective = at.Add(-time.Duration(random.Int64N(int64(5 * 24 * time.Hour))))
			case 1:
				effective = at.Add(time.Duration(random.Int64N(int64(2 * 24 * time.Hour))))
			}
			debit, credit := ledger.Accounts[random.IntN(len(ledger.Accounts))], ledger.Accounts[random.IntN(len(ledger.Accounts))]
			currency := []money.Currency{"USD", "JPY", "KWD"}[random.IntN(3)]
			all = append(all, posted{at, effective.Truncate(time.Microsecond), "", "", moved(debit, credit, 1+random.Int64N(1e6), currency)})
		}
		slices.SortFunc(all, func(a, b posted) int { return a.posted.Compare(b.posted) })
		b.post(all...)
		if d < days-1 {
			b.seal(day.AddDate(0, 0, d+1))
		}
	}
}

// sums are the balances before a time by brute force.
func (b books) sums(basis finance.Basis, before time.Time) (rows []string) {
	b.t.Helper()
	found, err := b.SQL.QueryContext(b.t.Context(), `SELECT e.account, e.currency, SUM(IF(e.side = 'debit', e.amount, -e.amount)) AS balance
		FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id WHERE l.`+string(basis)+`_at < ?
		GROUP BY e.account, e.currency HAVING balance <> 0 ORDER BY e.currency, e.account`, before)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, found.Close()) }()
	for found.Next() {
		var account, currency string
		var amount int64
		require.NoError(b.t, found.Scan(&account, &currency, &amount))
		rows = append(rows, fmt.Sprint(account, " ", currency, " ", amount))
	}
	require.NoError(b.t, found.Err())
	return rows
}

func flat(row finance.Row) string {
	amount, _ := row[2].(money.Money)
	return fmt.Sprint(row[0], " ", row[1], " ", amount.Value)
}

func interval(basis finance.Basis, from, to time.Time) finance.Interval {
	return finance.Interval{From: from, To: to, Basis: basis, Zone: time.UTC}
}

func TestBalancesAreThoseOfTheEntriesAtAnyTime(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.fill(5)
	for _, basis := range []finance.Basis{finance.ByEffective, finance.ByPosted} {
		for hours := -6; hours < 6*24+50; hours += 7 {
			at := day.Add(time.Duration(hours) * time.Hour)
			var got kept
			checks, err := b.reports.AccountBalances(t.Context(), interval(basis, time.Time{}, at), &got)
			require.NoError(t, err)
			require.True(t, checks.Held(), checks)
			var rows []string
			for _, row := range got.rows {
				rows = append(rows, flat(row))
			}
			require.Equal(t, b.sums(basis, at), rows, "%s before %s", basis, at)
		}
	}
}

func TestTrialBalanceContinuesFromTheOneBefore(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.fill(5)
	for _, basis := range []finance.Basis{finance.ByEffective, finance.ByPosted} {
		closings := map[string]any{}
		for _, from := range []time.Time{{}, day.AddDate(0, 0, 2).Add(5 * time.Hour), day.AddDate(0, 0, 4)} {
			to := map[bool]time.Time{true: day.AddDate(0, 0, 2).Add(5 * time.Hour), false: from.Add(43 * time.Hour)}[from.IsZero()]
			var got kept
			checks, err := b.reports.TrialBalance(t.Context(), interval(basis, from, to), &got)
			require.NoError(t, err)
			require.True(t, checks.Held(), checks)
			for _, row := range got.rows {
				key := fmt.Sprint(row[0], row[1])
				if want, known := closings[key]; known {
					require.Equal(t, want, row[2], key)
				}
				closings[key] = row[5]
			}
		}
	}
}

// The seals keep what was posted: a changed amount of a sealed transaction does not lead from the opening to the closing.
func TestChangedHistoryDoesNotProve(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.fill(3)
	b.Exec(t, "UPDATE ledger_entries SET amount = amount + 1 WHERE id = 1")
	var got kept
	checks, err := b.reports.TrialBalance(t.Context(), interval(finance.ByPosted, day, day.AddDate(0, 0, 2)), &got)
	require.NoError(t, err)
	require.False(t, checks.Held())
	require.False(t, checks[0].Held, "debits and credits")
	require.False(t, checks[2].Held, "opening, turnover and closing")
}

func TestStatementEndsAtTheBalance(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.fill(4)
	from, to := day.Add(30*time.Hour), day.Add(80*time.Hour)
	var got kept
	checks, err := b.reports.Statement(t.Context(), ledger.AssetBank, interval(finance.ByEffective, from, to), &got)
	require.NoError(t, err)
	require.True(t, checks.Held(), checks)
	rows := b.Count(t, `SELECT COUNT(*) FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id
		WHERE e.account = 'asset:bank' AND l.effective_at >= ? AND l.effective_at < ?`, from, to)
	require.Len(t, got.rows, rows+2*3, "with an opening and a closing for each currency")
	dates := got.column(t, "effective_at")[3 : rows+3]
	require.True(t, slices.IsSortedFunc(dates, func(a, b any) int { return a.(time.Time).Compare(b.(time.Time)) }))

	b.Exec(t, "UPDATE ledger_entries SET amount = amount + 1 WHERE account = 'asset:bank' ORDER BY id LIMIT 1")
	checks, err = b.reports.Statement(t.Context(), ledger.AssetBank, interval(finance.ByPosted, time.Time{}, to), &got)
	require.NoError(t, err)
	require.False(t, checks.Held())
}

func TestReportByEffectiveDateNeedsOne(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.post(posted{posted: day, effective: day, entries: moved(ledger.AssetBank, ledger.EquitySuspense, 1, "USD")})
	b.Exec(t, "UPDATE financial_ledger SET effective_at = NULL, effective_basis = NULL")
	var undated *report.UndatedError
	_, err := b.reports.TrialBalance(t.Context(), interval(finance.ByEffective, day, day.AddDate(0, 0, 1)), &kept{})
	require.ErrorAs(t, err, &undated)
	checks, err := b.reports.TrialBalance(t.Context(), interval(finance.ByPosted, day, day.AddDate(0, 0, 1)), &kept{})
	require.NoError(t, err)
	require.True(t, checks.Held())
}
