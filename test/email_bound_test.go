package test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// Many unpaid bookings with somebody else's address: the address gets the few emails that one address may get in an hour, and every email
// about a paid booking.
func TestUnpaidBookingsSendFewEmailsToOneAddress(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{MailsPerAddress: 2})
	victim := func(i int) []byte {
		return testkit.BookingBody(func(b map[string]any) {
			b["customer"].(map[string]any)["email"] = fmt.Sprintf("victim+%d@canary-mail.example", i)
		})
	}
	references := make([]string, 8)
	for i := range references {
		references[i] = s.Book(fmt.Sprintf("cannon-%d", i), victim(i)).Reference
	}
	var group sync.WaitGroup
	for _, reference := range references {
		group.Go(func() {
			answer, err := s.API.Ask(http.MethodPost, "/v1/bookings/"+reference+"/cancel", "", nil)
			if err != nil || answer.Status != http.StatusOK {
				t.Errorf("%s: %d %s, %v", reference, answer.Status, answer.Body, err)
			}
		})
	}
	group.Wait()
	paid := s.Book("paid", victim(99))
	require.Equal(t, http.StatusOK, s.Pay(paid.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(paid.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequireMails(paid.Reference, "booking_confirmed")
	require.Len(t, s.Mailbox.Messages(), 3)
	require.Equal(t, 6, s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE status = 'suppressed' AND attempts = 0"))
	s.RequirePromises()

	suppressed := s.DB.Text(t, "SELECT b.reference FROM bookings b JOIN emails e ON e.booking_id = b.id WHERE e.status = 'suppressed' LIMIT 1")
	listed, err := starterWith(s, "emails", "list", suppressed)
	require.NoError(t, err)
	require.Contains(t, listed, "suppressed")
	require.Contains(t, listed, "MAILS_PER_ADDRESS_HOUR")
	_, err = starterWith(s, "emails", "resend", s.DB.Text(t, "SELECT MIN(id) FROM emails WHERE status = 'suppressed'"))
	require.NoError(t, err)
	s.AwaitQuiet()
	require.Len(t, s.Mailbox.Messages(), 4)
}
