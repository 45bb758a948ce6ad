package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/privacy"
	"farebook/store"
)

// A story has what the books have of a booking, with the bank's reference of its refund, and the bookings of the same address: an
// operator sees those of every client, a client its own.
func TestAStoryHasEverythingOfItsBooking(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	refund, err := b.askRefund(reference, "refund", 10000)
	require.NoError(t, err)
	made := atStripe(refund, "re_1", "succeeded")
	made.Bank = booking.BankReference{Status: "pending", Type: "acquirer_reference_number", Way: "refund"}
	b.recordRefund(made)
	for id, about := range map[string]store.Event{
		"evt_1": {Type: "refund.updated", ObjectID: "re_1"}, "evt_3": {Type: "refund.updated", ObjectID: "re_2"},
		"evt_2": {Type: "payment_intent.succeeded", ObjectID: "pi_1", Reference: string(reference)},
	} {
		about.ID, about.Created = id, time.Now()
		_, err = b.Store.ReceiveEvent(t.Context(), about, "", time.Hour)
		require.NoError(t, err)
	}
	own, err := b.reserve("another key", 2)
	require.NoError(t, err)
	elsewhere := b
	elsewhere.caller = b.Caller(t, b.NewKey(t, "another client"))
	_, err = elsewhere.reserve("a key", 3)
	require.NoError(t, err)

	known, err := b.Store.Booking(t.Context(), reference)
	require.NoError(t, err)
	story, err := b.Store.Story(t.Context(), known, nil)
	require.NoError(t, err)
	require.Equal(t, known, story.Booking)
	require.Len(t, story.Refunds, 1)
	require.Equal(t, made.Bank, story.Refunds[0].Bank)
	require.Len(t, story.Events, 2)
	require.ElementsMatch(t, []string{"evt_1", "evt_2"}, []string{story.Events[0].ID, story.Events[1].ID},
		"an event that names the booking and its payment is there once, another booking's is not")
	require.Len(t, story.Requests, 2)
	require.Equal(t, store.OperationCreateBooking, story.Requests[0].Operation)
	require.Equal(t, "test", story.Requests[0].Client)
	require.NotEmpty(t, story.Requests[0].KeyID)
	require.Equal(t, string(refund.ID), story.Requests[1].Resource)
	require.Equal(t, store.ActionRefundCreate, story.Audit[0].Action)
	ledger, err := b.Store.Ledger(t.Context(), reference)
	require.NoError(t, err)
	require.Len(t, story.Ledger, len(ledger))
	require.NotEmpty(t, story.Emails)
	require.Equal(t, known, story.Emails[0].Booking)
	require.Len(t, story.Others, 2)
	require.False(t, story.MoreOthers)

	story, err = b.Store.Story(t.Context(), known, &b.caller.Owner)
	require.NoError(t, err)
	require.Len(t, story.Others, 1)
	require.Equal(t, own.Booking.Reference, story.Others[0].Reference)

	_, err = b.Store.ClaimOperation(t.Context(), store.IdempotencyKey{Caller: b.caller, Key: "cancel", Operation: "cancel-booking"},
		string(reference), store.AuditEntry{Action: store.ActionRefundCreate, Subject: string(reference), BookingID: &known.ID}, b.Store.Now())
	require.NoError(t, err)
	story, err = b.Store.Story(t.Context(), known, nil)
	require.NoError(t, err)
	require.Len(t, story.Requests, 3, "an action that has made no row is a request, too")
	require.Equal(t, "cancel-booking", story.Requests[2].Operation)

	b.Exec(t, "UPDATE bookings SET customer_email = ?, erased_at = created_at", privacy.ErasedEmail)
	known, err = b.Store.Booking(t.Context(), reference)
	require.NoError(t, err)
	story, err = b.Store.Story(t.Context(), known, nil)
	require.NoError(t, err)
	require.Empty(t, story.Others, "the address of erased travellers is nobody's")
}

// Stripe learns the bank's reference days after the refund; an older reading does not take it back.
func TestABankReferenceIsKept(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	refund := b.requestedRefund(10000)
	made := atStripe(refund, "re_1", "succeeded")
	b.recordRefund(made)
	bank := func() booking.BankReference {
		known, err := b.Store.Refund(t.Context(), refund.ID)
		require.NoError(t, err)
		return known.Bank
	}
	require.Zero(t, bank())
	pending := booking.BankReference{Status: "pending", Type: "acquirer_reference_number", Way: "refund"}
	available := booking.BankReference{Reference: "74830726330000123456789", Status: "available", Type: pending.Type, Way: "refund"}
	for _, c := range []struct{ reading, want booking.BankReference }{
		{pending, pending}, {available, available}, {pending, available}, {booking.BankReference{}, available},
	} {
		made.Bank = c.reading
		b.recordRefund(made)
		require.Equal(t, c.want, bank())
	}
	b.requirePromises()
}
