package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/starter/story"
)

// A traveller asks where the refund is: the story has the reference by which the bank finds it once Stripe knows it, days after the refund
// and long after its workflow ended. It has the text of each email, and what the mail server answered.
func TestAStoryAnswersWhereTheRefundIs(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("story", nil)
	refund := ask(s, booked.Reference, "refund", usd(10000))
	awaitRefund(s, refund.ID, "succeeded")
	s.AwaitRunEnd("Refund:" + refund.ID)
	tell := func() (told story.Story, known bool) {
		answer, err := s.API.Ask(http.MethodGet, "/v1/bookings/"+booked.Reference+"/story", "", nil)
		if err != nil || answer.Status != http.StatusOK {
			return told, false
		}
		answer.Into(t, &told)
		return told, true
	}
	s.Eventually(func() bool {
		told, known := tell()
		return known && told.Refunds[0].Where.ID == "sent" && told.Refunds[0].Bank != nil && told.Refunds[0].Bank.Status == "pending"
	}, "the refund was never sent; logs:\n%s", s.Logs)

	const reference = "74830726330000123456789"
	require.NoError(t, s.Stripe.AssignBankReference(s.Stripe.Refunds()[0].ID, reference))
	s.Eventually(func() bool {
		told, known := tell()
		return known && told.Refunds[0].Where.ID == "at_bank" && told.Refunds[0].Bank.Reference == reference
	}, "the bank's reference never arrived; logs:\n%s", s.Logs)
	s.AwaitQuiet()

	told, known := tell()
	require.True(t, known)
	require.Equal(t, []int64{45900, 10000, 0, 0, 35900}, []int64{
		told.Figures.Captured.Value, told.Figures.Refunded.Value, told.Figures.Pending.Value, told.Figures.Disputed.Value,
		told.Figures.Refundable.Value,
	})
	require.NotEmpty(t, told.Emails)
	for _, email := range told.Emails {
		require.Equal(t, "taken", email.Where.ID)
		require.NotEmpty(t, email.Answer)
		require.Contains(t, email.Text, booked.Reference)
	}
	require.Equal(t, []string{"BookingPayment:" + booked.Reference, "Refund:" + refund.ID}, told.Workflows)
	s.RequirePromises()
}
