package report_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/finance"
	"farebook/internal/dev/devstack"
	"farebook/ledger"
	"farebook/money"
)

// judged runs a program over a journal, and returns what it said and whether it accepted it.
func judged(t *testing.T, journal []byte, program string, args ...string) (string, bool) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "journal")
	require.NoError(t, os.WriteFile(file, journal, 0o600))
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "FILE", file)
	}
	command := exec.CommandContext(t.Context(), program, args...)
	command.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	said, err := command.CombinedOutput()
	return string(said), err == nil
}

func hledgerAccepts(t *testing.T, journal []byte) (string, bool) {
	t.Helper()
	return judged(t, journal, "hledger", "-f", "FILE", "check", "-s")
}

func beanAccepts(t *testing.T, journal []byte) (string, bool) {
	t.Helper()
	return judged(t, journal, "bean-check", "FILE")
}

// exported is the ledger of November for a program, and our closing balances.
func (b books) exported(begin func(*bytes.Buffer) finance.Journal) (journal []byte, closings map[string]string) {
	b.t.Helper()
	i := interval(finance.ByEffective, day, day.AddDate(0, 1, 0))
	var out bytes.Buffer
	checks, err := b.reports.Export(b.t.Context(), i, begin(&out))
	require.NoError(b.t, err)
	require.True(b.t, checks.Held(), checks)
	var trial kept
	_, err = b.reports.TrialBalance(b.t.Context(), i, &trial)
	require.NoError(b.t, err)
	closings = map[string]string{}
	for _, row := range trial.rows {
		if closing := row[5].(money.Money); closing.Value != 0 {
			closings[row[0].(string)+" "+row[1].(string)] = closing.Decimal()
		}
	}
	return out.Bytes(), closings
}

// november posts transactions of October, November and December in currencies whose exponents at Stripe and by ISO 4217 differ.
func (b books) november() {
	b.t.Helper()
	at := day.AddDate(0, 0, -3)
	for n, currency := range []money.Currency{"USD", "EUR", "JPY", "KWD", "ISK", "UGX", "MGA"} {
		amount := int64(12_300 * (n + 1))
		for range 4 {
			at = at.Add(61 * time.Hour)
			entries := moved(ledger.AssetStripeClearing, ledger.LiabilityUnearnedRevenue, amount, currency)
			entries = append(entries, moved(ledger.ExpenseStripeFees, ledger.AssetStripeClearing, 100, currency)...)
			b.post(posted{posted: at, effective: at.Add(-time.Hour), kind: ledger.TypePayment, entries: entries})
		}
		entries := moved(ledger.AssetStripeClearing, ledger.EquitySuspense, 100, currency)
		entries = append(entries, moved(ledger.EquitySuspense, ledger.AssetOtherIntegrations, 300, "USD")...)
		b.post(posted{posted: at, effective: day.AddDate(0, 0, 20).Add(23*time.Hour + 59*time.Minute), entries: entries})
	}
	b.post(posted{posted: at, effective: day.AddDate(0, 1, 0), entries: moved(ledger.AssetBank, ledger.AssetStripeClearing, 1, "USD")})
}

func need(t *testing.T) {
	t.Helper()
	require.NoError(t, devstack.Need(t.Context(), os.Stderr, "hledger", "hledger"))
	require.NoError(t, devstack.Need(t.Context(), os.Stderr, "bean-check", "beancount"))
}

func TestHledgerAcceptsTheExportAndComputesOurBalances(t *testing.T) {
	t.Parallel()
	need(t)
	b := newBooks(t)
	b.november()
	journal, closings := b.exported(func(out *bytes.Buffer) finance.Journal { return finance.NewHledger(out) })
	said, accepted := hledgerAccepts(t, journal)
	require.True(t, accepted, "%s\n%s", said, journal)

	said, accepted = judged(t, journal, "hledger", "-f", "FILE", "balance", "-O", "csv", "--flat", "--no-total", "--no-elide")
	require.True(t, accepted, said)
	rows, err := csv.NewReader(strings.NewReader(said)).ReadAll()
	require.NoError(t, err)
	theirs := map[string]string{}
	for _, row := range rows[1:] {
		for amount := range strings.SplitSeq(row[1], ", ") {
			number, currency, found := strings.Cut(amount, " ")
			require.True(t, found, "%q", amount)
			theirs[row[0]+" "+currency] = number
		}
	}
	for of, closing := range closings {
		require.Equal(t, plain(closing), plain(theirs[of]), of)
	}
	require.Len(t, theirs, len(closings))

	for _, change := range []struct{ from, to string }{
		{"  123.00 USD", "  123.01 USD"},                                              // out of balance
		{"  -1.00 USD", "  -1.00 EUR"},                                                // balanced at an inferred rate only
		{"asset:stripe_clearing  0.00 USD = ", "asset:stripe_clearing  0.00 USD = 1"}, // another closing
		{"account asset:stripe_clearing\n", ""},                                       // an account that is not declared
	} {
		require.Contains(t, string(journal), change.from)
		said, accepted := hledgerAccepts(t, bytes.Replace(journal, []byte(change.from), []byte(change.to), 1))
		require.False(t, accepted, "%s: %s", change.to, said)
	}
}

// plain is a number without zeros behind its decimals: the programs differ in how many they show.
func plain(number string) string {
	if strings.Contains(number, ".") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	return number
}

func TestBeanCheckAcceptsTheExport(t *testing.T) {
	t.Parallel()
	need(t)
	b := newBooks(t)
	b.november()
	journal, closings := b.exported(func(out *bytes.Buffer) finance.Journal { return finance.NewBeancount(out) })
	said, accepted := beanAccepts(t, journal)
	require.True(t, accepted, "%s\n%s", said, journal)
	require.Contains(t, string(journal), "2026-12-01 balance Assets:Stripe-Clearing  "+closings["asset:stripe_clearing USD"]+" ~ 0 USD")

	for _, change := range []struct{ from, to string }{
		{"  123.00 USD", "  123.01 USD"},
		{"  -1.00 USD", "  -1.00 EUR"},
		{"  " + closings["asset:stripe_clearing USD"] + " ~ 0 USD", "  1.00 ~ 0 USD"},
		{"Assets:Stripe-Clearing", "Assets:Stripe_Clearing"},
	} {
		require.Contains(t, string(journal), change.from)
		said, accepted := beanAccepts(t, bytes.Replace(journal, []byte(change.from), []byte(change.to), 1))
		require.False(t, accepted, "%s: %s", change.to, said)
	}
}
