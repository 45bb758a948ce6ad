package ledger_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
)

var update = flag.Bool("update", false, "write the golden files anew")

func snapshot(change func(*booking.PaymentSnapshot)) booking.PaymentSnapshot {
	s := booking.PaymentSnapshot{
		PaymentIntentID: "pi_1", StripeStatus: "succeeded", Reference: "FB-7K2M9QXA", Amount: 45900, AmountReceived: 45900,
		Currency: "USD", ChargeID: "ch_1",
		Balance: &booking.BalanceTransaction{ID: "txn_1", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD"},
	}
	if change != nil {
		change(&s)
	}
	return s
}

func TestPostingsAreAsAgreed(t *testing.T) {
	t.Parallel()
	inEuro := func(s *booking.PaymentSnapshot) {
		s.Balance = &booking.BalanceTransaction{ID: "txn_1", Amount: 42210, Fee: 1254, Net: 40956, Currency: "EUR"}
	}
	for name, post := range map[string]func() (ledger.Transaction, error){
		"payment": func() (ledger.Transaction, error) { return ledger.Payment(snapshot(nil)) },
		"payment_without_fee": func() (ledger.Transaction, error) {
			return ledger.Payment(snapshot(func(s *booking.PaymentSnapshot) { s.Balance = nil }))
		},
		"payment_other_money": func() (ledger.Transaction, error) { return ledger.Payment(snapshot(inEuro)) },
		"fee":                 func() (ledger.Transaction, error) { return ledger.Fee(snapshot(nil)) },
		"fee_other_money":     func() (ledger.Transaction, error) { return ledger.Fee(snapshot(inEuro)) },
		"payment_reversed":    func() (ledger.Transaction, error) { p, err := ledger.Payment(snapshot(nil)); return p.Reverse(), err },
		"payment_zero_decimal": func() (ledger.Transaction, error) {
			return ledger.Payment(snapshot(func(s *booking.PaymentSnapshot) { s.Currency = "JPY"; s.Balance.Currency = "JPY" }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transaction, err := post()
			require.NoError(t, err)
			require.NoError(t, transaction.Validate())
			requireGolden(t, name, render(transaction))
		})
	}
}

func render(t ledger.Transaction) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s of %s, PaymentIntent %s, object %q: %s\n", t.Type, t.Reference, t.PaymentIntentID, t.ObjectID, t.Description)
	for _, entry := range t.Entries {
		fmt.Fprintf(&out, "  %-6s %-28s %10d %s\n", entry.Side, entry.Account, entry.Amount, entry.Currency)
	}
	return out.String()
}

func requireGolden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), text)
}

func TestOnlySucceededPaymentsArePosted(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"requires_payment_method", "processing", "requires_capture", "canceled", ""} {
		_, err := ledger.Payment(snapshot(func(s *booking.PaymentSnapshot) { s.StripeStatus = status }))
		require.ErrorContains(t, err, "only a succeeded one is posted")
	}
	_, err := ledger.Fee(snapshot(func(s *booking.PaymentSnapshot) { s.Balance = nil }))
	require.ErrorContains(t, err, "no balance transaction yet")
}

func TestNoFeeIsNoPosting(t *testing.T) {
	t.Parallel()
	fee, err := ledger.Fee(snapshot(func(s *booking.PaymentSnapshot) { s.Balance.Fee = 0 }))
	require.NoError(t, err)
	require.Empty(t, fee.Entries)
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := []ledger.Entry{
		{Account: ledger.AssetStripeClearing, Side: ledger.Debit, Amount: 100, Currency: "USD"},
		{Account: ledger.LiabilityUnearnedRevenue, Side: ledger.Credit, Amount: 100, Currency: "USD"},
	}
	for want, change := range map[string]func([]ledger.Entry) []ledger.Entry{
		"two at least":                                  func(e []ledger.Entry) []ledger.Entry { return e[:1] },
		"entry 1: an amount":                            func(e []ledger.Entry) []ledger.Entry { e[1].Amount = 0; return e },
		"entry 0: an amount":                            func(e []ledger.Entry) []ledger.Entry { e[0].Amount = -100; return e },
		"entry 1: no currency":                          func(e []ledger.Entry) []ledger.Entry { e[1].Currency = ""; return e },
		`entry 0: "asset:gold"`:                         func(e []ledger.Entry) []ledger.Entry { e[0].Account = "asset:gold"; return e },
		`entry 1: "left"`:                               func(e []ledger.Entry) []ledger.Entry { e[1].Side = "left"; return e },
		"debits of 100 and credits of 99 differ in USD": func(e []ledger.Entry) []ledger.Entry { e[1].Amount = 99; return e },
		"debits of 0 and credits of 100 differ in EUR":  func(e []ledger.Entry) []ledger.Entry { e[1].Currency = "EUR"; return e },
	} {
		entries := change(append([]ledger.Entry{}, good...))
		err := ledger.Transaction{Type: ledger.TypePayment, Entries: entries}.Validate()
		require.ErrorContains(t, err, want)
	}
	var unbalanced *ledger.UnbalancedTransaction
	lopsided := append([]ledger.Entry{}, good...)
	lopsided[0].Amount = 1
	require.True(t, errors.As(ledger.Transaction{Entries: lopsided}.Validate(), &unbalanced))
}

func TestReverseUndoes(t *testing.T) {
	t.Parallel()
	payment, err := ledger.Payment(snapshot(nil))
	require.NoError(t, err)
	sums := map[string]int64{}
	for _, transaction := range []ledger.Transaction{payment, payment.Reverse()} {
		for _, entry := range transaction.Entries {
			if entry.Side == ledger.Credit {
				entry.Amount = -entry.Amount
			}
			sums[string(entry.Account)+string(entry.Currency)] += entry.Amount
		}
	}
	for account, sum := range sums {
		require.Zero(t, sum, account)
	}
}
