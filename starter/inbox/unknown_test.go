package inbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/starter/inbox"
	"farebook/store"
	"farebook/workflows"
)

// intent is a PaymentIntent at Stripe with metadata of somebody's.
func (b box) intent(metadata map[string]string) string {
	b.T.Helper()
	form := url.Values{"amount": {"45900"}, "currency": {"usd"}}
	for key, value := range metadata {
		form.Set("metadata["+key+"]", value)
	}
	request, err := http.NewRequestWithContext(b.T.Context(), http.MethodPost, b.stripe.URL()+"/v1/payment_intents",
		strings.NewReader(form.Encode()))
	require.NoError(b.T, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+testkit.StripeKey)
	response, err := http.DefaultClient.Do(request)
	require.NoError(b.T, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(b.T, err)
	require.NoError(b.T, response.Body.Close())
	var made struct{ ID string }
	require.NoError(b.T, json.Unmarshal(text, &made))
	require.NotEmpty(b.T, made.ID, "%s", text)
	return made.ID
}

// ours is the metadata of this installation for a booking.
func (b box) ours(reference string) map[string]string {
	b.T.Helper()
	installation, err := b.Store.Installation(b.T.Context())
	require.NoError(b.T, err)
	return map[string]string{"booking_reference": reference, "installation_id": installation.ID}
}

func object(id, kind, intent string, metadata map[string]string) map[string]any {
	return map[string]any{"id": id, "object": kind, "payment_intent": intent, "metadata": metadata}
}

// Events of a booking that a restored database has forgotten stay open, whatever they are about: what says whose they are is the
// metadata of the object, or of the PaymentIntent at Stripe where the object has none. They are never given up, and are handed on once
// the booking is in the books.
func TestEventsOfAForgottenBookingStayOpen(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	reference := b.Paid("1") // and forgotten, below
	metadata := b.ours(string(reference))
	intent := b.intent(metadata)
	events := map[string]map[string]any{
		"payment_intent.succeeded": {"id": intent, "object": "payment_intent", "metadata": metadata},
		"charge.updated":           object(b.ID("ch_1"), "charge", intent, metadata),
		"charge.refunded":          object(b.ID("ch_1"), "charge", intent, metadata),
		"refund.created":           object(b.ID("re_1"), "refund", intent, nil),
		"charge.dispute.created":   object(b.ID("dp_1"), "dispute", intent, nil),
	}
	b.Exec(t, "UPDATE bookings SET reference = 'FB-00000000'")
	ids := map[string]string{}
	for kind, about := range events {
		id := "evt_" + strings.ReplaceAll(kind, ".", "_")
		ids[kind] = id
		event, _ := b.receive(id, kind, about)
		require.NoError(t, b.inbox.Process(t.Context(), event, 0), kind)
		stored := b.stored(id)
		require.Equal(t, store.EventUnknownBooking, stored.State, kind)
		require.Equal(t, string(reference), stored.Reference, kind)
		require.False(t, stored.Processed, kind)
	}
	for range 2 * store.MaxEventAttempts {
		b.due()
		require.Equal(t, len(events), sweep(t, b.inbox), "they are tried again, and not given up")
	}
	require.Equal(t, len(events), b.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE state = 'unknown_booking'"))
	b.requireBroken("no event is about a booking of ours that the books do not know")

	b.Exec(t, "UPDATE bookings SET reference = ?", string(reference))
	b.Exec(t, "UPDATE payments SET stripe_payment_intent_id = ?", intent)
	require.Equal(t, len(events), sweep(t, b.inbox), "at once, as the booking is there")
	b.requireTold(workflows.BookingPaymentWorkflowID(reference), ids["payment_intent.succeeded"])
	b.requireTold(workflows.BookingPaymentWorkflowID(reference), ids["charge.updated"])
	b.requireTold(workflows.RefundWorkflowID(b.ID("re_1")), ids["refund.created"])
	b.requireTold(workflows.DisputeWorkflowID(b.ID("dp_1")), ids["charge.dispute.created"])
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE state = 'unknown_booking'"))
}

// Stripe's reads can be behind its events: a PaymentIntent that is not found says nothing about whose it is, until it may not be behind
// any more.
func TestPaymentIntentThatIsNotFoundYetIsNobodysOnlyLater(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	reference := b.Paid("1") // and forgotten, below
	intent := b.intent(b.ours(string(reference)))
	b.Exec(t, "UPDATE bookings SET reference = 'FB-00000000'")
	b.stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/payment_intents/" + intent, Kind: fakestripe.FaultNotFound})
	event, _ := b.receive("evt_1", "charge.dispute.created", object(b.ID("dp_1"), "dispute", intent, nil))
	require.ErrorContains(t, b.inbox.Process(t.Context(), event, 0), "is not at Stripe yet")
	gone, _ := b.receive("evt_2", "charge.dispute.created", object(b.ID("dp_2"), "dispute", b.ID("pi_gone"), nil))
	require.ErrorContains(t, b.inbox.Process(t.Context(), gone, 0), "is not at Stripe yet")
	for _, id := range []string{"evt_1", "evt_2"} {
		require.Equal(t, store.EventFailed, b.stored(id).State, id)
	}
	b.Clock.Advance(6 * time.Minute)
	b.due()
	require.Equal(t, 2, sweep(t, b.inbox))
	require.Equal(t, store.EventUnknownBooking, b.stored("evt_1").State)
	require.Equal(t, string(reference), b.stored("evt_1").Reference)
	require.Equal(t, store.EventNotOurs, b.stored("evt_2").State)
}

// requireBroken holds that a check of the books says of something that it does not hold, and names an event.
func (b box) requireBroken(text string) {
	b.T.Helper()
	for _, promise := range b.Promises(b.T) {
		if promise.Text == text {
			require.False(b.T, promise.Held)
			require.Contains(b.T, promise.Detail, "evt_")
			return
		}
	}
	b.T.Fatalf("no check %q", text)
}

// A booking that is in the books without its payment: its workflow is signalled to record the payment, and the event of a dispute waits for
// that.
func TestEventOfAForgottenPaymentHasItRecorded(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	reference := b.Book("1", time.Hour)
	intent := b.intent(b.ours(string(reference)))
	event, _ := b.receive("evt_1", "charge.dispute.created", object(b.ID("dp_1"), "dispute", intent, nil))
	require.NoError(t, b.inbox.Process(t.Context(), event, 0))
	require.Equal(t, store.EventUnknownBooking, b.stored("evt_1").State)
	signals := b.Signals(workflows.BookingPaymentWorkflowID(reference))
	require.Len(t, signals, 1)
	require.Equal(t, intent, signals[0].PaymentIntentID)
}

// Environments may share one Stripe account in test mode: what another database asked for, or nobody knows who, is not ours.
func TestEventsOfOtherInstallationsAreSetAside(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	other := map[string]string{"booking_reference": "FB-7K2M9QXA", "installation_id": "in_0000000000"}
	older := map[string]string{"booking_reference": "FB-7K2M9QXA"}
	for id, c := range map[string]struct {
		metadata map[string]string
		note     string
	}{
		"evt_other": {other, "another installation"},
		"evt_older": {older, "no booking with this reference"},
		"evt_alien": {nil, "not about a booking of ours"},
	} {
		event, _ := b.receive(id, "payment_intent.succeeded",
			map[string]any{"id": b.ID("pi_" + id), "object": "payment_intent", "metadata": c.metadata})
		require.NoError(t, b.inbox.Process(t.Context(), event, 0))
		require.Equal(t, store.EventNotOurs, b.stored(id).State)
		require.Contains(t, b.stored(id).Note, c.note)

		dispute, _ := b.receive(id+"_dispute", "charge.dispute.created", object(b.ID("dp_"+id), "dispute", b.intent(c.metadata), nil))
		require.NoError(t, b.inbox.Process(t.Context(), dispute, 0))
		require.Equal(t, store.EventNotOurs, b.stored(id+"_dispute").State)
	}
}

// A reference that another installation has written into metadata is not taken for one of ours, though a booking of ours has it and its
// workflow runs: the new event goes to the workflow of the booking whose PaymentIntent it is.
func TestNewEventIsNotRoutedByTheMetadataOfAnotherInstallation(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	one, two := b.Held("1", time.Hour).Reference, string(b.Held("2", time.Hour).Reference)
	b.deliver("evt_two", b.ID("pi_2"), b.ours(two))
	b.deliver("evt_one", b.ID("pi_1"), map[string]string{"booking_reference": two, "installation_id": "in_0000000000"})
	b.inbox.Wait()
	b.requireTold(workflows.BookingPaymentWorkflowID(one), "evt_one")
	require.Len(t, b.Signals(workflows.BookingPaymentWorkflowID(booking.Reference(two))), 1)
}

// deliver takes in an event of a payment that succeeded and hands it on, as the request of a webhook does.
func (b box) deliver(id, intent string, metadata map[string]string) {
	b.T.Helper()
	event, err := inbox.Parse(body(id, "payment_intent.succeeded",
		map[string]any{"id": intent, "object": "payment_intent", "metadata": metadata}), false)
	require.NoError(b.T, err)
	delivery, err := b.inbox.Deliver(b.T.Context(), event)
	require.NoError(b.T, err)
	require.False(b.T, delivery.Processed)
	delivery.HandOn(b.T.Context())
}
