package booking_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
	"farebook/validation"
)

func TestDisputeMachine(t *testing.T) {
	t.Parallel()
	requireMachine(t, "dispute", booking.DisputeTransitions, map[booking.DisputeStatus][]booking.DisputeStatus{
		"warning_needs_response": {"warning_under_review", "warning_closed", "needs_response", "under_review", "won", "lost", "unknown"},
		"warning_under_review":   {"warning_needs_response", "warning_closed", "needs_response", "under_review", "won", "lost", "unknown"},
		"warning_closed":         {"needs_response", "under_review", "won", "lost", "unknown"}, // an inquiry becomes formal
		"needs_response":         {"under_review", "won", "lost", "unknown"},
		"under_review":           {"needs_response", "won", "lost", "unknown"},
		"won":                    {"lost"}, // a network turns it round; it is never open again
		"lost":                   {"won"},
		"unknown": {
			"warning_needs_response", "warning_under_review", "warning_closed", "needs_response", "under_review", "won",
			"lost",
		},
	})
	for status, is := range map[booking.DisputeStatus][3]bool{ // open, closed, needs response
		"warning_needs_response": {false, false, true}, "warning_under_review": {false, false, false}, "warning_closed": {false, true, false},
		"needs_response": {true, false, true}, "under_review": {true, false, false}, "won": {false, true, false}, "lost": {false, true, false},
		"unknown": {true, false, false}, // its money may be withheld
	} {
		require.Equal(t, is, [3]bool{status.Open(), status.Closed(), status.NeedsResponse()}, status)
	}
}

func TestPayoutMachine(t *testing.T) {
	t.Parallel()
	requireMachine(t, "payout", booking.PayoutTransitions, map[booking.PayoutStatus][]booking.PayoutStatus{
		"pending":    {"in_transit", "paid", "failed", "canceled", "unknown"},
		"in_transit": {"paid", "failed", "canceled", "unknown"},
		"paid":       {"failed"}, // within five business days
		"failed":     nil,
		"canceled":   nil,
		"unknown":    {"pending", "in_transit", "paid", "failed", "canceled"},
	})
}

func TestRefundStatusOfStripe(t *testing.T) {
	t.Parallel()
	for stripe, want := range map[string]booking.RefundStatus{
		"pending": "pending", "requires_action": "requires_action", "succeeded": "succeeded", "failed": "failed", "canceled": "canceled",
		"a new one": "unknown", "": "pending", "requested": "pending",
	} {
		require.Equal(t, want, booking.RefundSnapshot{StripeStatus: stripe}.Status(), stripe)
	}
	for status, is := range map[booking.RefundStatus][2]bool{ // reserves, settled
		"requested": {true, false}, "pending": {true, false}, "requires_action": {true, false}, "unknown": {true, false},
		"succeeded": {true, true}, "failed": {false, true}, "canceled": {false, true},
	} {
		require.Equal(t, is, [2]bool{status.Reserves(), status.Settled()}, status)
	}
}

func TestBadRefundRequests(t *testing.T) {
	t.Parallel()
	good := booking.RefundRequest{Reason: booking.ReasonRequestedByCustomer, Note: "asked by telephone"}
	require.NoError(t, good.Validate())
	long := make([]byte, 501)
	for i := range long {
		long[i] = 'a'
	}
	for _, bad := range []struct {
		request booking.RefundRequest
		field   string
	}{
		{booking.RefundRequest{Amount: -1, Reason: "duplicate"}, "amount.value"},
		{booking.RefundRequest{Reason: ""}, "reason"},
		{booking.RefundRequest{Reason: "expired_uncaptured_charge"}, "reason"}, // Stripe's own, not ours to give
		{booking.RefundRequest{Reason: "duplicate", Note: string(long)}, "note"},
		{booking.RefundRequest{Reason: "duplicate", Note: "two\nlines"}, "note"},
		{booking.RefundRequest{Reason: "duplicate", Note: "turned \u202e round"}, "note"},
	} {
		var fields validation.FieldErrors
		require.ErrorAs(t, bad.request.Validate(), &fields)
		require.Len(t, fields, 1)
		require.Equal(t, bad.field, fields[0].Field)
		require.NotEmpty(t, fields[0].Fix)
	}
}

func TestRefundIDs(t *testing.T) {
	t.Parallel()
	id := booking.NewRefundID()
	parsed, err := booking.ParseRefundID(string(id))
	require.NoError(t, err)
	require.Equal(t, id, parsed)
	for _, bad := range []string{"", "RF-", "RF-7K2M9QX", "RF-7K2M9QXAA", "rf-7K2M9QXA", "FB-7K2M9QXA", "RF-7K2M9QXI", "RF-7K2M9QX%"} {
		_, err := booking.ParseRefundID(bad)
		require.Error(t, err, bad)
	}
}

func TestStandingOfPaidBookings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		standing booking.Standing
		want     booking.Status
	}{
		{booking.Standing{Captured: 100}, "confirmed"},
		{booking.Standing{Captured: 100, Cancelled: true}, "cancelled"},
		{booking.Standing{Captured: 100, Refunded: 1}, "partially_refunded"},
		{booking.Standing{Captured: 100, Refunded: 50, Cancelled: true}, "partially_refunded"},
		{booking.Standing{Captured: 100, Refunded: 100}, "refunded"},
		{booking.Standing{Captured: 100, ChargedBack: 100}, "refunded"},
		{booking.Standing{Captured: 100, Refunded: 60, ChargedBack: 40}, "refunded"},
		{booking.Standing{Captured: 100, Refunded: 100, ChargedBack: 100}, "refunded"},
		{booking.Standing{Captured: 100, Refunded: 100, Disputed: true}, "disputed"},
	} {
		require.Equal(t, c.want, c.standing.Status(), "%+v", c.standing)
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	policy, err := booking.ParsePolicy(booking.DefaultPolicy)
	require.NoError(t, err)
	require.Equal(t, booking.Policy{{HoursBefore: 168, Percent: 100}, {HoursBefore: 48, Percent: 50}}, policy)
	_, err = booking.ParsePolicy("0:0")
	require.NoError(t, err, "nothing is ever given back")
	for _, bad := range []string{
		"", "48", "48:", ":50", "48:101", "-1:50", "48:50.5", "48:50,48:40", "24:10,48:50", "48:50,24:60", "9000:10", "a:b", "48:50,",
		"1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1",
	} {
		_, err := booking.ParsePolicy(bad)
		require.Error(t, err, "%q", bad)
	}
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	policy := booking.Policy{{168, 100}, {48, 50}, {24, 33}}
	departs := now.Add(1000 * time.Hour)
	paid := money.Money{Value: 45901, Currency: "USD"}
	for _, c := range []struct {
		before               time.Duration
		returned             int64
		percent, hours       int
		refund, kept         int64
		explanationHas, lack string
	}{
		{168 * time.Hour, 0, 100, 168, 45901, 0, "168 hours or more before departure: 100%", "went back"},
		{168*time.Hour - time.Nanosecond, 0, 50, 167, 22951, 22950, "48 hours or more", ""}, // half up
		{48 * time.Hour, 0, 50, 48, 22951, 22950, "50% of $459.01", ""},
		{24 * time.Hour, 0, 33, 24, 15147, 30754, "33%", ""},
		{23 * time.Hour, 0, 0, 23, 0, 45901, "later than every rule", ""},
		{time.Minute, 0, 0, 0, 0, 45901, "departs in 0 hours", "has departed"},
		{-time.Minute, 0, 0, -1, 0, 45901, "has departed", ""},
		{-time.Hour, 0, 0, -1, 0, 45901, "has departed", ""},
		{200 * time.Hour, 45901, 100, 200, 0, 0, "$459.01 went back before", ""},
		{100 * time.Hour, 10000, 50, 100, 12951, 22950, "50% of $459.01 is due; $100.00 went back before.", ""},
		{100 * time.Hour, 40000, 50, 100, 0, 5901, "went back before", ""}, // more went back than is due: nothing is taken back
	} {
		q := policy.Quote(paid, c.returned, departs, departs.Add(-c.before))
		require.Equal(t, c.percent, q.Percent, "%+v", c)
		require.Equal(t, c.hours, q.HoursBeforeDeparture, "%+v", c)
		require.Equal(t, money.Money{Value: c.refund, Currency: "USD"}, q.Refund, "%+v", c)
		require.Equal(t, money.Money{Value: c.kept, Currency: "USD"}, q.Kept, "%+v", c)
		require.Equal(t, paid.Value, c.returned+q.Refund.Value+q.Kept.Value, "nothing is lost")
		require.Contains(t, q.Explanation, c.explanationHas)
		if c.lack != "" {
			require.NotContains(t, q.Explanation, c.lack)
		}
	}
}

// Shares are what Stripe takes in the currency: thousandths in tens, whole krónur in hundreds.
func TestShares(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		money   money.Money
		percent int
		want    int64
	}{
		{money.Money{Value: 99_999_999, Currency: "USD"}, 100, 99_999_999},
		{money.Money{Value: 12350, Currency: "KWD"}, 50, 6180},
		{money.Money{Value: 12340, Currency: "KWD"}, 33, 4070},
		{money.Money{Value: 150100, Currency: "ISK"}, 50, 75100},
		{money.Money{Value: 999, Currency: "JPY"}, 50, 500},
		{money.Money{Value: 1, Currency: "USD"}, 0, 0},
	} {
		require.Equal(t, money.Money{Value: c.want, Currency: c.money.Currency}, c.money.Share(c.percent), "%+v", c)
	}
}

func TestMailsForFinance(t *testing.T) {
	t.Parallel()
	for _, kind := range []notice.Kind{notice.Confirmed, notice.Refunded, notice.CancelledPaid} {
		require.False(t, kind.ForFinance(), kind)
	}
	for _, kind := range []notice.Kind{notice.DisputeOpened, notice.PayoutUnproven, notice.CaptureDue} {
		require.True(t, kind.ForFinance(), kind)
	}
}

func TestContentsOfAPayoutAddUp(t *testing.T) {
	t.Parallel()
	var contents booking.PayoutContents
	contents.Add([]booking.BalanceTransaction{{Net: 150}, {Net: -60}}, 1)
	contents.Add([]booking.BalanceTransaction{{Net: 5}}, 0)
	require.Equal(t, booking.PayoutContents{Transactions: 3, Unmatched: 1, Net: 95}, contents)
}

// A policy without hours does not explain itself by any.
func TestPolicyThatAlwaysRefundsNamesNoHours(t *testing.T) {
	t.Parallel()
	departure := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)
	quote := booking.Always(50).Quote(money.Money{Value: 4500, Currency: "USD"}, 0, departure, departure.Add(-30*time.Hour))
	require.Equal(t, 50, quote.Percent)
	require.Equal(t, "The flight departs in 30 hours (at any time: 50%), so 50% of $45.00 is due.", quote.Explanation)
	quote = booking.Always(50).Quote(money.Money{Value: 4500, Currency: "USD"}, 0, departure, departure.Add(100*time.Hour))
	require.Equal(t, int64(2250), quote.Refund.Value)
}
