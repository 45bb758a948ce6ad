package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/store"
	"farebook/store/proof"
)

func (b books) openAttention() map[store.AttentionKind]store.AttentionItem {
	items, err := b.Store.AttentionItems(b.t.Context(), store.AttentionFilter{Limit: 100})
	require.NoError(b.t, err)
	open := map[store.AttentionKind]store.AttentionItem{}
	for _, item := range items {
		open[item.Kind] = item
	}
	require.Len(b.t, open, len(items), "one of each kind in these tests")
	return open
}

func (b books) otherPayment(reference booking.Reference, stripeStatus string, received int64) {
	require.NoError(b.t, b.Store.RecordOtherPayment(b.t.Context(),
		store.OtherPaymentReading{Reference: reference, Now: time.Now().UTC(), Snapshot: booking.PaymentSnapshot{
			PaymentIntentID: "pi_other", Reference: reference, StripeStatus: stripeStatus, Amount: 45900, AmountReceived: received, Currency: "USD",
		}}))
}

func (b books) refusedRefund(reference booking.Reference, key string) store.Refund {
	refund, err := b.askRefund(reference, key, 10000)
	require.NoError(b.t, err)
	_, err = b.Store.RecordRefundRefused(b.t.Context(), refund.ID, "expired_or_canceled_card", time.Now().UTC())
	require.NoError(b.t, err)
	return refund
}

// A second matter does not take the place of the first: each is there until it is settled, and the booking shows the newest.
func TestAttentionKeepsEachMatter(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	b.otherPayment(reference, "succeeded", 45900)
	refused := b.refusedRefund(reference, "one")
	open := b.openAttention()
	require.Contains(t, open[store.AttentionOtherPayment].Text, "pi_other")
	require.Contains(t, open[store.AttentionRefundFailed].Text, string(refused.ID))
	require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), refused.ID)

	// Heard of again, it is the same matter.
	b.otherPayment(reference, "succeeded", 45900)
	require.Len(t, b.openAttention(), 2)

	// Settled at Stripe, and by a refund of the same amount: each closes, and the booking shows what is left.
	again, err := b.askRefund(reference, "two", 10000)
	require.NoError(t, err)
	b.recordRefund(atStripe(again, "re_2", "succeeded"))
	require.Len(t, b.openAttention(), 1)
	require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), "pi_other")
	b.otherPayment(reference, "canceled", 0)
	require.Empty(t, b.openAttention())
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention IS NULL"))
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM attention_items WHERE closed_at IS NOT NULL AND closed_by = ''"))
	b.requirePromises()
}

// What an operator has closed stays closed while nothing is new about it, and is in the audit log.
func TestAttentionThatAPersonClosed(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	b.otherPayment(reference, "succeeded", 45900)
	id := b.openAttention()[store.AttentionOtherPayment].ID
	require.NoError(t, b.Store.CloseAttention(t.Context(), id, "given back", testdb.Tester, time.Now().UTC()))
	var closed *store.AttentionClosedError
	require.ErrorAs(t, b.Store.CloseAttention(t.Context(), id, "again", testdb.Tester, time.Now().UTC()), &closed)
	require.ErrorIs(t, b.Store.CloseAttention(t.Context(), 999, "none", testdb.Tester, time.Now().UTC()), store.ErrNotFound)
	b.otherPayment(reference, "succeeded", 45900)
	require.Empty(t, b.openAttention())
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention IS NULL"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'attention.close' AND booking_id IS NOT NULL"))
	b.otherPayment(reference, "succeeded", 40000)
	require.Len(t, b.openAttention(), 1, "another amount is something new")
}

// What an older release wrote to the booking alone is kept: by the backfill, and by whatever opens the next matter before it.
func TestAttentionOfAnOlderRelease(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	b.Exec(t, "UPDATE bookings SET attention = 'written by an older release'")
	b.refusedRefund(reference, "one")
	require.Equal(t, "written by an older release", b.openAttention()[store.AttentionEarlier].Text)
	for range 2 {
		b.Fill(t)
	}
	require.Len(t, b.openAttention(), 2)

	b.Exec(t, "UPDATE bookings SET attention = 'and another'")
	for range 2 {
		b.Fill(t)
	}
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM attention_items WHERE kind = 'earlier'"))
	b.refusedRefund(reference, "two")
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM attention_items WHERE kind = 'earlier'"), "known by its text")
}

// A payout belongs to no booking: its matter is listed without one, an operator closes it, and it opens again with another word only.
func TestAttentionWithoutABooking(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	record := func(status string) {
		_, err := b.Store.RecordPayout(t.Context(), store.PayoutReading{Now: time.Now().UTC(), Snapshot: booking.PayoutSnapshot{
			PayoutID: "po_1", Status: booking.PayoutStatus(status), Amount: 100, Currency: "USD",
		}})
		require.NoError(t, err)
	}
	record("made_up")
	shown := b.openAttention()[store.AttentionUnknown]
	require.Equal(t, "po_1/status", shown.Subject)
	require.Empty(t, shown.Reference)
	require.Contains(t, shown.Text, "payout po_1 has a status at Stripe that this version does not know: made_up")
	b.requirePromises()
	b.Exec(t, "UPDATE attention_items SET closed_at = UTC_TIMESTAMP(6)")
	require.True(t, slices.ContainsFunc(b.Promises(t),
		func(p proof.Promise) bool { return !p.Held && strings.Contains(p.Text, "does not know is shown") }))
	record("made_up")
	id := b.openAttention()[store.AttentionUnknown].ID
	require.NoError(t, b.Store.CloseAttention(t.Context(), id, "asked Stripe", testdb.Tester, time.Now().UTC()))
	record("made_up")
	require.Empty(t, b.openAttention())
	b.requirePromises()
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'attention.close' AND booking_id IS NULL"))
	record("made_up_too")
	open, err := b.Store.OpenAttention(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), open)
	record("paid")
	require.Empty(t, b.openAttention())
}
