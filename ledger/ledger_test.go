package ledger_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

var update = flag.Bool("update", false, "write the golden files anew")

// created is when each balance transaction of these tests was created; decided dates what has none.
var (
	created = time.Date(2027, time.May, 1, 14, 20, 0, 0, time.UTC)
	decided = ledger.Effective{At: created.Add(time.Hour), Basis: ledger.ByStripe}
)

func payment(s booking.PaymentSnapshot) (ledger.Transaction, error) {
	return ledger.Payment(s, decided)
}

// paid is a booking of $459.00, settled in dollars at 2.9% + 30¢.
func paid(change func(*booking.PaymentSnapshot)) booking.PaymentSnapshot {
	s := booking.PaymentSnapshot{
		PaymentIntentID: "pi_1", StripeStatus: "succeeded", Reference: "FB-7K2M9QXA", Amount: 45900, AmountReceived: 45900,
		Currency: "USD", ChargeID: "ch_1",
		Balance: &booking.BalanceTransaction{Created: created, ID: "txn_1", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD"},
	}
	if change != nil {
		change(&s)
	}
	return s
}

func settled(amount, fee int64, currency money.Currency) func(*booking.PaymentSnapshot) {
	return func(s *booking.PaymentSnapshot) {
		s.Balance = &booking.BalanceTransaction{Created: created, ID: "txn_1", Amount: amount, Fee: fee, Net: amount - fee, Currency: currency}
	}
}

func received(amount, fee int64, currency money.Currency) func(*booking.PaymentSnapshot) {
	return func(s *booking.PaymentSnapshot) {
		s.Amount, s.AmountReceived, s.Currency = amount, amount, currency
		settled(amount, fee, currency)(s)
	}
}

func unsettled(s *booking.PaymentSnapshot) { s.Balance = nil }

func reversed(t ledger.Transaction, err error) (ledger.Transaction, error) { return t.Reverse(), err }

func TestPostingsAreAsAgreed(t *testing.T) {
	t.Parallel()
	for name, post := range map[string]func() (ledger.Transaction, error){
		"payment":               func() (ledger.Transaction, error) { return payment(paid(nil)) },
		"payment_without_fee":   func() (ledger.Transaction, error) { return payment(paid(unsettled)) },
		"payment_free":          func() (ledger.Transaction, error) { return payment(paid(settled(45900, 0, "USD"))) },
		"payment_zero_decimal":  func() (ledger.Transaction, error) { return payment(paid(received(68000, 2448, "JPY"))) },
		"payment_three_decimal": func() (ledger.Transaction, error) { return payment(paid(received(140500, 4175, "KWD"))) },
		"payment_other_money":   func() (ledger.Transaction, error) { return payment(paid(settled(42210, 1254, "EUR"))) },
		"payment_other_amount":  func() (ledger.Transaction, error) { return payment(paid(settled(45800, 1358, "USD"))) },
		"payment_reversed":      func() (ledger.Transaction, error) { return reversed(payment(paid(nil))) },
		"fee":                   func() (ledger.Transaction, error) { return ledger.Fee(paid(nil)) },
		"fee_given_back":        func() (ledger.Transaction, error) { return ledger.Fee(paid(settled(45900, -1361, "USD"))) },
		"fee_other_money":       func() (ledger.Transaction, error) { return ledger.Fee(paid(settled(42210, 1254, "EUR"))) },
		"fee_reversed":          func() (ledger.Transaction, error) { return reversed(ledger.Fee(paid(nil))) },

		"agent_payment":              func() (ledger.Transaction, error) { return byAgent(payment(paid(nil))) },
		"agent_capture_in_part_rest": func() (ledger.Transaction, error) { return byAgent(ledger.PartialCapture(paid(capturedInPart))) },
		"agent_bank_debit_arrived": func() (ledger.Transaction, error) {
			return byAgent(ledger.PaymentArrived(paid(nil), decided))
		},

		"capture_in_part":             func() (ledger.Transaction, error) { return payment(paid(capturedInPart)) },
		"capture_in_part_rest":        func() (ledger.Transaction, error) { return ledger.PartialCapture(paid(capturedInPart)) },
		"capture_in_part_fee_later":   func() (ledger.Transaction, error) { return ledger.Fee(paid(capturedInPart)) },
		"capture_in_part_other_money": func() (ledger.Transaction, error) { return ledger.PartialCapture(paid(capturedInPartAbroad)) },
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

// capturedInPart is $459.00 authorised, $300.00 captured: Stripe's two balance transactions of it.
func capturedInPart(s *booking.PaymentSnapshot) {
	s.AmountReceived = 30000
	s.Balance = &booking.BalanceTransaction{Created: created, ID: "txn_1", Amount: 45900, Fee: 900, Net: 45000, Currency: "USD"}
	s.Reversal = &booking.BalanceTransaction{Created: created, ID: "txn_2", Amount: -15900, Net: -15900, Currency: "USD"}
}

func capturedInPartAbroad(s *booking.PaymentSnapshot) {
	capturedInPart(s)
	s.Reversal = &booking.BalanceTransaction{Created: created, ID: "txn_2", Amount: -14600, Net: -14600, Currency: "EUR"}
}

func render(t ledger.Transaction) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s of %s, PaymentIntent %s, object %q, balance transaction %q: %s\n",
		t.Type, t.Reference, t.PaymentIntentID, t.ObjectID, t.BalanceTransactionID, t.Description)
	for _, entry := range t.Entries {
		fmt.Fprintf(&out, "  %-6s %-28s %10d %s\n", entry.Side, entry.Account, entry.Amount, entry.Currency)
	}
	return out.String()
}

func requireGolden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run `go test ./ledger -update`, then read the difference")
	require.Equal(t, string(want), text)
}

// balances sums transactions per account and currency, debits above zero.
func balances(transactions ...ledger.Transaction) map[ledger.Account]map[money.Currency]int64 {
	sums := map[ledger.Account]map[money.Currency]int64{}
	for _, transaction := range transactions {
		for _, entry := range transaction.Entries {
			if sums[entry.Account] == nil {
				sums[entry.Account] = map[money.Currency]int64{}
			}
			amount := entry.Amount
			if entry.Side == ledger.Credit {
				amount = -amount
			}
			sums[entry.Account][entry.Currency] += amount
		}
	}
	return sums
}

// FuzzPostings: whatever Stripe settles, the clearing account ends at what Stripe's balance got, the fee's coming late
// makes no difference, and a reversal leaves nothing.
func FuzzPostings(f *testing.F) {
	f.Add(int64(45900), "USD", int64(45900), int64(1361), "USD")
	f.Add(int64(45900), "USD", int64(42210), int64(1254), "EUR")
	f.Add(int64(45900), "USD", int64(45800), int64(0), "USD")
	f.Add(int64(1), "JPY", int64(0), int64(-1), "KWD")
	f.Add(int64(0), "USD", int64(-5), int64(math.MinInt64), "USD")
	f.Add(int64(math.MaxInt64), "USD", int64(math.MinInt64), int64(math.MaxInt64), "EUR")
	f.Fuzz(func(t *testing.T, amount int64, currency string, gross, fee int64, settles string) {
		snapshot := paid(func(s *booking.PaymentSnapshot) {
			s.AmountReceived, s.Currency = amount, money.Currency(currency)
			s.Balance = &booking.BalanceTransaction{
				Created: created, ID: "txn_1", Amount: gross, Fee: fee, Net: gross - fee,
				Currency: money.Currency(settles),
			}
		})
		at, err := payment(snapshot)
		if err != nil {
			return
		}
		require.NoError(t, at.Validate())
		require.NotEmpty(t, currency)

		charged, got := money.Currency(currency), money.Currency(settles)
		sums := balances(at)
		require.Equal(t, gross-fee, sums[ledger.AssetStripeClearing][got], "clearing is what Stripe's balance got")
		if charged != got {
			require.Zero(t, sums[ledger.AssetStripeClearing][charged])
		}
		require.Equal(t, -amount, sums[ledger.LiabilityUnearnedRevenue][charged], "the traveller is owed what was paid")
		require.Equal(t, fee, sums[ledger.ExpenseStripeFees][got])

		late := snapshot
		late.Balance = nil
		paidFirst, err := payment(late)
		require.NoError(t, err)
		feeLater, err := ledger.Fee(snapshot)
		require.NoError(t, err)
		requireSameBalances(t, sums, balances(paidFirst, feeLater))
		requireSameBalances(t, nil, balances(at, at.Reverse()))
	})
}

// requireSameBalances compares sums, where none is the same as zero.
func requireSameBalances(t *testing.T, want, got map[ledger.Account]map[money.Currency]int64) {
	t.Helper()
	for _, sums := range []map[ledger.Account]map[money.Currency]int64{want, got} {
		for account := range sums {
			for currency := range sums[account] {
				require.Equal(t, want[account][currency], got[account][currency], "%s in %s", account, currency)
			}
		}
	}
}

func TestOnlySucceededPaymentsArePosted(t *testing.T) {
	t.Parallel()
	for _, status := range []string{
		"requires_payment_method", "requires_confirmation", "requires_action", "processing", "requires_capture", "canceled", "a new one", "",
	} {
		_, err := payment(paid(func(s *booking.PaymentSnapshot) { s.StripeStatus = status }))
		require.ErrorContains(t, err, "only a succeeded one is posted")
	}
	for _, amount := range []int64{0, -45900, math.MinInt64} {
		_, err := payment(paid(func(s *booking.PaymentSnapshot) { s.AmountReceived = amount }))
		require.ErrorContains(t, err, "nothing to post")
	}
	_, err := ledger.Fee(paid(unsettled))
	require.ErrorContains(t, err, "no balance transaction yet")
}

// A fee of zero moves nothing, and has its balance transaction in the ledger all the same: a payout is proven by it.
func TestFeeOfZeroIsPostedWithItsBalanceTransaction(t *testing.T) {
	t.Parallel()
	fee, err := ledger.Fee(paid(settled(45900, 0, "USD")))
	require.NoError(t, err)
	require.Equal(t, "txn_1", fee.BalanceTransactionID)
	for account, sums := range balances(fee) {
		require.Zero(t, sums["USD"], account)
	}
}

// What is kept of a payment stands on an account for each part of the fee, and the clearing account gets the net.
func TestFeeStandsOnAnAccountForEachPart(t *testing.T) {
	t.Parallel()
	snapshot := paid(settled(45900, 2061, "USD"))
	snapshot.Balance.Tax, snapshot.Balance.ApplicationFee = 200, 500
	transaction, err := payment(snapshot)
	require.NoError(t, err)
	require.Equal(t, map[ledger.Account]map[money.Currency]int64{
		ledger.AssetStripeClearing: usd(45900 - 2061), ledger.LiabilityUnearnedRevenue: usd(-45900),
		ledger.ExpenseStripeFees: usd(1361), ledger.ExpenseFeeTaxes: usd(200), ledger.ExpenseApplicationFees: usd(500),
	}, balances(transaction))
}
