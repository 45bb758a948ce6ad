package booking_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/money"
)

// The bounds of a policy are within it, and an error counts rules from one.
func TestBoundsOfPolicies(t *testing.T) {
	t.Parallel()
	rules := strings.Split(strings.Repeat("%d:9,", 20), ",")[:20]
	for i := range rules {
		rules[i] = fmt.Sprintf(rules[i], 40-i)
	}
	for _, text := range []string{"8784:100,8783:100", strings.Join(rules, ",")} {
		_, err := booking.ParsePolicy(text)
		require.NoError(t, err, text)
	}
	for text, says := range map[string]string{
		strings.Join(append(rules, "20:9"), ","): "has 21 rules: 20 at most",
		"8785:1":                                 "has a rule, number 1,",
		"48:50,24":                               "has a rule, number 2, that is not HOURS:PERCENT, such as 48:50, with at most 8784 hours",
		"48:50,24:40,24:30":                      "has rule 3 out of order",
	} {
		_, err := booking.ParsePolicy(text)
		require.ErrorContains(t, err, says)
	}
}

// What a request may have at most, it may have.
func TestRequestsAtTheirBounds(t *testing.T) {
	t.Parallel()
	const horizon = 2 * 366 * 24 * time.Hour
	departs := func(at time.Time, flies time.Duration) func(*booking.Request) {
		return func(r *booking.Request) { r.Flight.DepartsAt, r.Flight.ArrivesAt = at, at.Add(flies) }
	}
	for name, change := range map[string]func(*booking.Request){
		"the last departure":     departs(now.Add(horizon), time.Hour),
		"the longest flight":     departs(now, 48*time.Hour),
		"the last time zone":     departs(now.In(time.FixedZone("", -12*3600)), time.Hour),
		"the first time zone":    departs(now.In(time.FixedZone("", 14*3600)), time.Hour),
		"the longest address":    func(r *booking.Request) { r.Customer.Email = "layla@" + strings.Repeat("a.", 122) + "aero" },
		"the longest return URL": func(r *booking.Request) { r.ReturnURL = "https://shop.example/" + strings.Repeat("a", 979) },
	} {
		require.NoError(t, request(change).Validate(now), name)
	}
	for says, change := range map[string]func(*booking.Request){
		"flight.departsAt is more than two years": departs(now.Add(horizon+1), time.Hour),
		"flight.arrivesAt is more than 48 hours":  departs(now, 48*time.Hour+1),
		"flight.departsAt has a UTC offset":       departs(now.In(time.FixedZone("", -12*3600-60)), time.Hour),
		"customer.email is longer than 254 bytes": func(r *booking.Request) { r.Customer.Email = "layla@" + strings.Repeat("a.", 122) + "aeroa" },
		"returnUrl is not an address": func(r *booking.Request) {
			r.ReturnURL = "https://shop.example/" + strings.Repeat("a", 980)
		},
	} {
		require.ErrorContains(t, request(change).Validate(now), says)
	}
	registered, err := booking.ParseRegisteredURL("https://shop.example/" + strings.Repeat("a", 479))
	require.NoError(t, err)
	require.Len(t, registered, booking.MaxRegisteredURL)
	_, err = booking.ParseRegisteredURL(registered + "a")
	require.ErrorContains(t, err, "at most 500 characters")
}

// Notes of refunds have up to 500 bytes in one line.
func TestBoundsOfRefunds(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("a", 500)
	good := booking.RefundRequest{Amount: 1, Reason: booking.ReasonDuplicate, Note: longest}
	require.NoError(t, good.Validate())
	require.NoError(t, booking.RefundRequest{Reason: booking.ReasonFraudulent}.Validate(), "all that is left, without a note")
	require.NoError(t, booking.ValidateAbandonNote(longest))
	for note, says := range map[string]string{longest + "a": "is longer than 500 bytes", "two\nlines": "has invisible characters"} {
		bad := good
		bad.Note = note
		require.ErrorContains(t, bad.Validate(), "note "+says)
		require.ErrorContains(t, booking.ValidateAbandonNote(note), "note "+says)
	}
	require.ErrorContains(t, booking.ValidateAbandonNote(" "), "note is empty")
	good.Amount = -1
	require.ErrorContains(t, good.Validate(), "amount.value is below 1")
}

// What Stripe's snapshots say of money.
func TestMoneyOfSnapshots(t *testing.T) {
	t.Parallel()
	require.False(t, booking.PaymentSnapshot{}.PaidAfter(time.Time{}.Add(-time.Second)), "it was not paid")
	paid := booking.PaymentSnapshot{PaidAt: now, StripeStatus: "canceled"}
	require.True(t, paid.PaidAfter(now.Add(-time.Nanosecond)))
	require.False(t, paid.PaidAfter(now))
	require.False(t, paid.HasMoney())
	paid.AmountReceived = 1
	require.True(t, paid.HasMoney(), "late money")
	for status, has := range map[string]bool{"processing": true, "requires_capture": true, "a new one": true, "requires_action": false} {
		require.Equal(t, has, booking.PaymentSnapshot{StripeStatus: status}.HasMoney(), status)
	}

	bill := booking.BalanceTransaction{Amount: -250, Net: -250, ReportingCategory: "fee"}
	charge := booking.BalanceTransaction{Amount: 1000, Fee: 30, Net: 970, ReportingCategory: "charge"}
	require.Equal(t, []int64{250, 30}, []int64{bill.Kept(), charge.Kept()})
	require.True(t, booking.BalanceTransaction{}.IsZero())
	for _, moves := range []booking.BalanceTransaction{{Amount: 1}, {Fee: 1}, {Net: 1}} {
		require.False(t, moves.IsZero())
	}
}

// A dispute is reinstated once as many movements came back as were withdrawn.
func TestReinstatedDisputes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		amounts    []int64
		reinstated bool
	}{
		"an inquiry":    {nil, false},
		"withdrawn":     {[]int64{-45900}, false},
		"came back":     {[]int64{-45900, 45900}, true},
		"in part":       {[]int64{-45900, 20000}, true},
		"of two, one":   {[]int64{-45900, 45900, -45900}, false},
		"of two, both":  {[]int64{-45900, 45900, -45900, 45900}, true},
		"nothing moved": {[]int64{0, 45900}, true},
		"zero is not":   {[]int64{0}, false},
	} {
		var s booking.DisputeSnapshot
		for _, amount := range c.amounts {
			s.Balances = append(s.Balances, booking.BalanceTransaction{Amount: amount})
		}
		require.Equal(t, c.reinstated, s.Reinstated(), name)
	}
}

// The status of a paid booking follows where its money is.
func TestStandings(t *testing.T) {
	t.Parallel()
	for want, standings := range map[booking.Status][]booking.Standing{
		booking.StatusConfirmed:         {{Captured: 100}},
		booking.StatusCancelled:         {{Captured: 100, Cancelled: true}},
		booking.StatusPartiallyRefunded: {{Captured: 100, Refunded: 1}, {Captured: 100, ChargedBack: 99, Cancelled: true}},
		booking.StatusRefunded:          {{Captured: 100, Refunded: 60, ChargedBack: 40}, {Captured: 100, Refunded: 100, ChargedBack: 100}},
		booking.StatusDisputed:          {{Captured: 100, Refunded: 100, Disputed: true}},
	} {
		for _, standing := range standings {
			require.Equal(t, want, standing.Status(), "%+v", standing)
		}
	}
}

// A price is divided without a rest, and each part is from nothing to the whole.
func TestBreakdownsOfAPrice(t *testing.T) {
	t.Parallel()
	for says, breakdown := range map[string]booking.Breakdown{
		"":                                      {Fare: 45900},
		"breakdown.fare is negative":            {Fare: -1, Taxes: 45901},
		"breakdown.taxes is more than":          {Taxes: 45901},
		"adds up to $458.99, and the amount is": {Fare: 45800, Taxes: 97, ServiceFee: 1, Commission: 1},
		"adds up to $459.01, and the amount is": {Fare: 45800, Taxes: 99, ServiceFee: 1, Commission: 1},
	} {
		err := request(func(r *booking.Request) { r.Breakdown = &breakdown }).Validate(now)
		if says == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, says)
	}
	parts := booking.Breakdown{Fare: 45800, Taxes: 98, ServiceFee: 1, Commission: 1}
	require.NoError(t, request(func(r *booking.Request) { r.Breakdown = &parts }).Validate(now))
	err := request(func(r *booking.Request) { r.Breakdown, r.Amount = &parts, money.Money{Value: 1, Currency: "USD"} }).Validate(now)
	require.NotContains(t, err.Error(), "breakdown", "a wrong price is compared with nothing")
}

// A further payment is in the booking's currency, and says what is paid.
func TestFurtherPaymentsThatAreRefused(t *testing.T) {
	t.Parallel()
	good := booking.SupplementRequest{
		Amount: money.Money{Value: 4500, Currency: "USD"}, Purpose: booking.PurposeOther, Description: strings.Repeat("a", 200), HoldMinutes: 30,
	}
	require.NoError(t, good.Validate("USD"))
	for says, change := range map[string]func(*booking.SupplementRequest){
		"amount.currency is not the booking's":   func(r *booking.SupplementRequest) { r.Amount.Currency = "EUR" },
		"amount.value is below the least":        func(r *booking.SupplementRequest) { r.Amount.Value = 1 },
		"purpose is not a purpose":               func(r *booking.SupplementRequest) { r.Purpose = "" },
		"description is missing":                 func(r *booking.SupplementRequest) { r.Description = "" },
		"description is longer than 200 bytes":   func(r *booking.SupplementRequest) { r.Description += "a" },
		"description has invisible characters":   func(r *booking.SupplementRequest) { r.Description = "two\nlines" },
		"holdMinutes is out of bounds":           func(r *booking.SupplementRequest) { r.HoldMinutes = 0 },
		"capture is not a capture method":        func(r *booking.SupplementRequest) { r.Capture = "later" },
		"breakdown.fare is more than the amount": func(r *booking.SupplementRequest) { r.Breakdown = &booking.Breakdown{Fare: 4501} },
	} {
		bad := good
		change(&bad)
		require.ErrorContains(t, bad.Validate("USD"), says)
	}
	seat := good
	seat.Purpose, seat.Description = booking.PurposeSeat, ""
	require.NoError(t, seat.Validate("USD"), "the purpose says enough")
}
