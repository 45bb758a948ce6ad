package reconciliation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"farebook/booking"
	_ "farebook/internal/dev/pinned" // the same draws each time
	"farebook/money"
	"farebook/reconciliation"
)

var now = time.Date(2026, 11, 2, 2, 30, 0, 0, time.UTC)

// payment is a line of 459.00 dollars, less Stripe's fee, that settled yesterday.
func payment() reconciliation.Line {
	return reconciliation.Line{
		BalanceTransaction: booking.BalanceTransaction{
			ID: "txn_1", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD", Type: "charge", ReportingCategory: "charge",
			Created: now.Add(-24 * time.Hour),
		},
		Object: "payment", ObjectID: "pi_1", PaymentIntentID: "pi_1", Reference: "FB-7K2M9QXA",
	}
}

// posting is what the ledger has of a line, in one currency.
func posting(kind string, clearing, fee int64, currency money.Currency) reconciliation.Posting {
	return reconciliation.Posting{
		Type: kind, Clearing: map[money.Currency]int64{currency: clearing}, Fees: map[money.Currency]int64{currency: fee},
	}
}

// A finding says what it is on the clearing account: a fee that was posted wrong beside a right net is nothing there.
func TestFindingsSayWhatTheyAreOnTheClearingAccount(t *testing.T) {
	t.Parallel()
	known := reconciliation.Known{PaymentKnown: true, BookingKnown: true}
	for name, c := range map[string]struct {
		posted []reconciliation.Posting
		class  reconciliation.Class
		here   int64 // less at Stripe, on the clearing account
	}{
		"missing":                    {nil, reconciliation.MissingInLedger, -44539},
		"another amount":             {[]reconciliation.Posting{posting("payment", 44546, 1361, "USD")}, reconciliation.AmountMismatch, 7},
		"another fee":                {[]reconciliation.Posting{posting("payment", 44530, 1370, "USD")}, reconciliation.FeeMismatch, -9},
		"another fee, the net right": {[]reconciliation.Posting{posting("payment", 44539, 1361+77777, "USD")}, reconciliation.FeeMismatch, 0},
		"posted twice": {
			[]reconciliation.Posting{posting("payment", 44539, 1361, "USD"), posting("payment", 44539, 1361, "USD")},
			reconciliation.Duplicate, 44539,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := reconciliation.Compare(payment(), c.posted, known, reconciliation.Rules{Now: now})
			require.NotNil(t, found)
			require.Equal(t, c.class, found.Class)
			require.Equal(t, c.here, found.Posted-found.Net)
		})
	}
}

func TestClasses(t *testing.T) {
	t.Parallel()
	known, rules := reconciliation.Known{PaymentKnown: true, BookingKnown: true}, reconciliation.Rules{Now: now, Lag: 15 * time.Minute}
	right := posting("payment", 44539, 1361, "USD")
	young, bill, other := payment(), payment(), payment()
	young.Created = now.Add(-14 * time.Minute)
	bill.Object, bill.ReportingCategory, bill.Amount, bill.Fee, bill.Net = "account_fee", "fee", -250, 0, -250
	other.Object, other.ReportingCategory = "balance_transaction", "other_adjustment"
	feeless := posting("payment", 45900, 0, "USD")
	feeless.Early = true
	for name, c := range map[string]struct {
		line    reconciliation.Line
		posted  []reconciliation.Posting
		known   reconciliation.Known
		class   reconciliation.Class
		healing reconciliation.Healing
	}{
		"missing":                    {payment(), nil, known, reconciliation.MissingInLedger, reconciliation.HealPayment},
		"missing, and just settled":  {young, nil, known, reconciliation.Timing, reconciliation.HealNone},
		"nobody's":                   {payment(), nil, reconciliation.Known{}, reconciliation.OrphanPayment, reconciliation.HealNone},
		"nobody's, and just settled": {young, nil, reconciliation.Known{}, reconciliation.OrphanPayment, reconciliation.HealNone},
		"a booking's second payment": {
			payment(), nil,
			reconciliation.Known{BookingKnown: true, OtherIntent: "pi_2"},
			reconciliation.Duplicate,
			reconciliation.HealNone,
		},
		"a lost answer's": {
			payment(), nil,
			reconciliation.Known{BookingKnown: true},
			reconciliation.MissingInLedger,
			reconciliation.HealPayment,
		},
		"posted twice": {
			payment(),
			[]reconciliation.Posting{right, right},
			known, reconciliation.Duplicate,
			reconciliation.HealNone,
		},
		"another amount": {
			payment(),
			[]reconciliation.Posting{posting("payment", 44540, 1361, "USD")},
			known,
			reconciliation.AmountMismatch, reconciliation.HealNone,
		},
		"another fee": {
			payment(),
			[]reconciliation.Posting{posting("payment", 44539, 1360, "USD")},
			known,
			reconciliation.FeeMismatch, reconciliation.HealNone,
		},
		"another currency": {
			payment(),
			[]reconciliation.Posting{posting("payment", 44539, 1361, "EUR")},
			known,
			reconciliation.CurrencyMismatch, reconciliation.HealNone,
		},
		"Stripe's bill": {bill, nil, reconciliation.Known{}, reconciliation.MissingInLedger, reconciliation.HealAccountFee},
		"Stripe's bill, otherwise": {
			bill,
			[]reconciliation.Posting{posting("account_fee", -200, 200, "USD")},
			known,
			reconciliation.FeeMismatch, reconciliation.HealNone,
		},
		"what is not posted": {other, nil, reconciliation.Known{}, reconciliation.MissingInLedger, reconciliation.HealNone},
		"corrected to another amount": {
			payment(),
			[]reconciliation.Posting{right, posting("correction", 7, 0, "USD")},
			known,
			reconciliation.AmountMismatch, reconciliation.HealNone,
		},
		"its fee to come": {
			payment(),
			[]reconciliation.Posting{feeless},
			known, reconciliation.FeeMismatch,
			reconciliation.HealPayment,
		},
		"its fee to come, just settled": {young, []reconciliation.Posting{feeless}, known, reconciliation.Timing, reconciliation.HealNone},
		"a wrong fee, just settled": {
			young,
			[]reconciliation.Posting{posting("payment", 44539, 1360, "USD")},
			known,
			reconciliation.FeeMismatch, reconciliation.HealNone,
		},
		"its fee's share still missing": {
			payment(),
			[]reconciliation.Posting{posting("payment", 45900, 0, "USD")},
			known,
			reconciliation.FeeMismatch, reconciliation.HealNone,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := reconciliation.Compare(c.line, c.posted, c.known, rules)
			require.NotNil(t, found)
			require.Equal(t, c.class, found.Class, found.Reason)
			require.Equal(t, c.healing, found.Healing)
			require.NotEmpty(t, found.Reason)
		})
	}
}

func TestWhatIsNoDifference(t *testing.T) {
	t.Parallel()
	bill := payment()
	bill.ReportingCategory, bill.Amount, bill.Fee, bill.Net = "fee", -250, 0, -250
	for name, c := range map[string]struct {
		line   reconciliation.Line
		posted []reconciliation.Posting
		rules  reconciliation.Rules
	}{
		"at once": {payment(), []reconciliation.Posting{posting("payment", 44539, 1361, "USD")}, reconciliation.Rules{}},
		"its fee later": {
			payment(),
			[]reconciliation.Posting{posting("payment", 45900, 0, "USD"), posting("stripe_fee", -1361, 1361, "USD")},
			reconciliation.Rules{},
		},
		"within tolerance": {payment(), []reconciliation.Posting{posting("payment", 44541, 1359, "USD")}, reconciliation.Rules{Tolerance: 2}},
		"settled in euros, and out of dollars": {payment(), []reconciliation.Posting{{
			Type: "payment", Clearing: map[money.Currency]int64{"USD": 44539, "EUR": 0}, Fees: map[money.Currency]int64{"USD": 1361},
		}}, reconciliation.Rules{}},
		"decided by an operator": {payment(), []reconciliation.Posting{posting("correction", 44539, 0, "USD")}, reconciliation.Rules{}},
		"Stripe's bill":          {bill, []reconciliation.Posting{posting("account_fee", -250, 250, "USD")}, reconciliation.Rules{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Nil(t, reconciliation.Compare(c.line, c.posted, reconciliation.Known{}, c.rules))
		})
	}
}

// Posting the shortfall makes the books and Stripe agree, whatever was posted before.
func TestPostingTheShortfallMakesBooksAndStripeAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		money, currency := rapid.Int64Range(-1_000_000, 1_000_000), rapid.SampledFrom([]money.Currency{"USD", "EUR", "JPY"})
		line := payment()
		line.Amount, line.Fee, line.Currency = money.Draw(t, "amount"), money.Draw(t, "fee"), currency.Draw(t, "currency")
		line.Net = line.Amount - line.Fee
		var posted []reconciliation.Posting
		for range rapid.IntRange(0, 3).Draw(t, "postings") {
			posted = append(posted, posting("payment", money.Draw(t, "clearing"), money.Draw(t, "posted fee"), currency.Draw(t, "posted in")))
		}
		clearing, fees := reconciliation.Shortfall(posted, &line.BalanceTransaction)
		posted = append(posted, reconciliation.Posting{Type: "correction", Clearing: clearing, Fees: fees})
		require.Nil(t, reconciliation.Compare(line, posted, reconciliation.Known{}, reconciliation.Rules{}))
	})
}
