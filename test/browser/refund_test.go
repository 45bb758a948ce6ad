package browser

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Support refunds exactly what is left, by the form that has it filled in.
func TestSupportRefundsTheExactRemainder(t *testing.T) {
	t.Parallel()
	s := open(t, supportRefunds)
	s.refundTheRemainder(s.as(newTab(t, s.API.URL()), "support"))
}

// The same without script: forms and links do everything.
func TestTheRefundNeedsNoScript(t *testing.T) {
	t.Parallel()
	s := open(t, supportRefunds)
	x := newTab(t, s.API.URL())
	x.withoutScript()
	s.refundTheRemainder(s.as(x, "support"))
}

// refundTheRemainder finds a booking by its reference, of which a part was refunded before, refunds the rest, and asks the books.
func (s *scene) refundTheRemainder(x *tab) {
	t := s.T
	booked := s.BookAndPay("remainder", nil)
	answer := s.Post("/v1/bookings/"+booked.Reference+"/refunds", "a-part", []byte(`{"amount":{"value":12345,"currency":"USD"}}`))
	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
	s.AwaitStatus(booked.Reference, "partially_refunded")
	x.fill("Reference, Stripe id or email", booked.Reference)
	x.follow("Find")
	x.await("Booking " + booked.Reference)
	x.open("/console/bookings/" + booked.Reference + "/refund")
	left := x.value("Amount in USD")
	require.Equal(t, "335.55", left)
	x.fill("The same amount again", left)
	x.follow("Refund this amount")
	s.AwaitStatus(booked.Reference, "refunded")
	x.until(func() bool { return x.path() == "/console/bookings/"+booked.Reference }, "does not lead back to the booking")
	require.Equal(t, 45900, s.DB.Count(t, "SELECT SUM(amount) FROM refunds WHERE status = 'succeeded'"))
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"))
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action LIKE 'refund%' AND actor LIKE 'Sami Haddad%'"))
	s.AwaitQuiet()
	s.RequirePromises()
}
