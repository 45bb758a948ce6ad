package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/store"
)

// unpaid takes n bookings of the test's customer, for an address each, and returns their references.
func (b books) unpaid(n int, address func(int) string) []string {
	b.t.Helper()
	references := make([]string, n)
	for i := range n {
		made, err := b.reserve(fmt.Sprintf("unpaid-%d", i), byte(i))
		require.NoError(b.t, err)
		references[i] = string(made.Booking.Reference)
		b.Exec(b.t, "UPDATE bookings SET customer_email = ? WHERE reference = ?", address(i), references[i])
	}
	return references
}

// refuse closes bookings that could not be paid, all at once, each of which writes to its customer.
func (b books) refuse(references []string) {
	b.t.Helper()
	var group sync.WaitGroup
	for _, reference := range references {
		group.Go(func() {
			if _, err := b.Store.RecordPaymentRefused(b.t.Context(), booking.Reference(reference), "card_declined"); err != nil {
				b.t.Errorf("%s: %v", reference, err)
			}
		})
	}
	group.Wait()
}

// Of any number at once, exactly as many emails about unpaid bookings are queued for an address as may be, however the
// address is spelled; another address has its own bound, and the hour passes.
func TestEmailsAboutUnpaidBookingsAreBounded(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.Store.LimitEmails(3)
	spellings := []string{"victim@example.com", "Victim@Example.com", "victim+1@example.com", "v.ictim+x@example.com"}
	references := b.unpaid(24, func(i int) string {
		if i >= 20 {
			return "other@example.com"
		}
		return spellings[i%len(spellings)]
	})
	b.refuse(references)
	count := func(status, where string) int {
		return b.Count(t, "SELECT COUNT(*) FROM emails e JOIN bookings b ON b.id = e.booking_id WHERE e.status = ? AND "+where, status)
	}
	require.Equal(t, 3, count(store.EmailQueued, "b.customer_email <> 'other@example.com'"))
	require.Equal(t, 17, count(store.EmailSuppressed, "b.customer_email <> 'other@example.com'"))
	require.Equal(t, 18, count(store.EmailSuppressed, "e.last_error LIKE '%MAILS_PER_ADDRESS_HOUR%'"))
	require.Equal(t, 3, count(store.EmailQueued, "b.customer_email = 'other@example.com'"))
	b.refuse(references) // recorded again after a crash: each email is what it was
	require.Equal(t, 6, count(store.EmailQueued, "TRUE"))
	require.Equal(t, 18, count(store.EmailSuppressed, "TRUE"))

	b.Clock.Advance(61 * time.Minute)
	later, err := b.reserve("later", 99)
	require.NoError(t, err)
	b.Exec(t, "UPDATE bookings SET customer_email = 'victim@example.com' WHERE reference = ?", string(later.Booking.Reference))
	b.refuse([]string{string(later.Booking.Reference)})
	require.Equal(t, 7, count(store.EmailQueued, "TRUE"))
}

// An email about a paid booking goes out whatever was suppressed before it, and a suppressed one is sent when an operator says so.
func TestEmailsAboutPaidBookingsAreNotBounded(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.Store.LimitEmails(1)
	b.refuse(b.unpaid(3, func(int) string { return request().Customer.Email }))
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM emails WHERE status = 'suppressed'"))
	b.paidBooking()
	require.Equal(t, 1, b.Count(t,
		"SELECT COUNT(*) FROM emails WHERE kind = 'booking_confirmed' AND status = 'queued' AND recipient_sha256 IS NULL"))
	suppressed := uint64(b.Count(t, "SELECT MIN(id) FROM emails WHERE status = 'suppressed'"))
	copied, err := b.Store.ResendEmail(t.Context(), suppressed, testdb.Tester, time.Now().UTC())
	require.NoError(t, err)
	require.NotEqual(t, suppressed, copied)
	b.requireEmail(copied, store.EmailQueued, 0)
}
