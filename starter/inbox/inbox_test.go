package inbox_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/internal/stripeapi"
	"farebook/starter/inbox"
	"farebook/store"
	"farebook/workflows"
)

// interval is how often the sweeper runs: an event is left to its own request for twice as long.
const interval = time.Minute

// box is an inbox on real books and a real Temporal, whose workflows nobody runs.
type box struct {
	*testkit.Books
	inbox  *inbox.Inbox
	stripe *fakestripe.Server
	client *stripeapi.Client
}

func newBox(t *testing.T) box {
	t.Helper()
	b := box{Books: testkit.NewBooks(t), stripe: fakestripe.New(fakestripe.Options{APIKey: testkit.StripeKey})}
	require.NoError(t, b.stripe.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, b.stripe.Close()) })
	b.client = stripeapi.New(stripeapi.Config{SecretKey: testkit.StripeKey, APIBase: b.stripe.URL(), Log: slog.New(slog.DiscardHandler)})
	b.inbox = inbox.New(b.Store, b.Dispatch, b.client, interval, slog.New(slog.DiscardHandler))
	return b
}

// body is an event as Stripe sends it.
func body(id, kind string, object map[string]any) []byte {
	text, err := json.Marshal(map[string]any{
		"id": id, "object": "event", "type": kind, "api_version": "2023-10-16", "created": 1763859723, "livemode": false,
		"data": map[string]any{"object": object},
	})
	if err != nil {
		panic(err) // a map of texts and numbers
	}
	return text
}

// receive takes an event in, as a webhook's request does.
func (b box) receive(id, kind string, object map[string]any) (event inbox.Event, processed bool) {
	b.T.Helper()
	raw := body(id, kind, object)
	event, err := inbox.Parse(raw, false)
	require.NoError(b.T, err)
	processed, err = b.inbox.Receive(b.T.Context(), event)
	require.NoError(b.T, err)
	return event, processed
}

func (b box) stored(id string) store.Event {
	b.T.Helper()
	event, err := b.Store.Event(b.T.Context(), id)
	require.NoError(b.T, err)
	return event
}

// requireTold holds that a workflow received an event, and that the event waits for what the workflow records.
func (b box) requireTold(workflowID, eventID string) {
	b.T.Helper()
	var told []string
	for _, event := range b.Signals(workflowID) {
		told = append(told, event.EventID)
	}
	require.Contains(b.T, told, eventID, workflowID)
	require.Equal(b.T, store.EventProcessing, b.stored(eventID).State)
}

// requireSetAside holds that an event is kept, with the reason why no workflow is notified.
func (b box) requireSetAside(eventID string) {
	b.T.Helper()
	event := b.stored(eventID)
	require.True(b.T, event.Processed, eventID)
	require.NotEmpty(b.T, event.Note, eventID)
}

// Each type of event that Farebook acts on goes to the workflow of its object, whichever the type is.
func TestEventGoesToTheWorkflowOfItsObject(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	reference := b.Paid("1")
	refund := b.Refund(reference, "1", 1000)
	metadata := map[string]any{"booking_reference": string(reference)}
	ofPayment := func(id, object string) map[string]any {
		return map[string]any{"id": id, "object": object, "payment_intent": b.ID("pi_1"), "metadata": metadata}
	}
	ours := ofPayment(b.ID("re_ours"), "refund")
	ours["metadata"] = map[string]any{"refund_id": string(refund.ID), "booking_reference": string(reference)}
	refunded := ofPayment(b.ID("ch_1"), "charge")
	refunded["amount_refunded"], refunded["captured"] = 500, true
	ofBooking, ofRefund := workflows.BookingPaymentWorkflowID(reference), workflows.RefundWorkflowID(string(refund.ID))
	for i, kind := range inbox.Types() {
		var object map[string]any
		var owner string
		switch {
		case strings.HasPrefix(kind, "payment_intent."):
			object, owner = map[string]any{"id": b.ID("pi_1"), "object": "payment_intent", "metadata": metadata}, ofBooking
		case strings.HasPrefix(kind, "payout."):
			object, owner = map[string]any{"id": b.ID("po_1"), "object": "payout"}, workflows.PayoutWorkflowID(b.ID("po_1"))
		case strings.HasPrefix(kind, "charge.dispute."):
			object, owner = ofPayment(b.ID("dp_1"), "dispute"), workflows.DisputeWorkflowID(b.ID("dp_1"))
		case strings.Contains(kind, "refund.") && i%2 == 0:
			object, owner = ours, ofRefund
		case strings.Contains(kind, "refund."):
			object, owner = ofPayment(b.ID("re_dashboard"), "refund"), workflows.RefundWorkflowID(b.ID("re_dashboard"))
		case kind == "charge.refunded":
			object, owner = refunded, workflows.ChargeRefundsWorkflowID(b.ID("pi_1"))
		case strings.HasPrefix(kind, "charge."):
			object, owner = ofPayment(b.ID("ch_1"), "charge"), ofBooking
		case kind == "balance.available": // about no object: see TestNewMoneyWakesTheRefundsThatWaitForIt
			continue
		default:
			t.Errorf("%s is acted on: say here who is notified of it", kind)
			continue
		}
		id := fmt.Sprintf("evt_%d", i)
		event, processed := b.receive(id, kind, object)
		require.False(t, processed, kind)
		require.NoError(t, b.inbox.Process(t.Context(), event, 0), kind)
		b.requireTold(owner, id)
	}
}

// Money that has become available at Stripe wakes the refunds that the balance did not cover, and no others.
func TestNewMoneyWakesTheRefundsThatWaitForIt(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	reference := b.Paid("1")
	waiting, other := b.Refund(reference, "1", 1000), b.Refund(reference, "2", 1000)
	_, err := b.Store.PostponeRefund(t.Context(),
		store.RefundPostponement{ID: waiting.ID, Code: booking.CodeBalanceInsufficient, Now: time.Now().UTC()})
	require.NoError(t, err)
	event, processed := b.receive("evt_1", "balance.available", map[string]any{"object": "balance"})
	require.False(t, processed)
	require.NoError(t, b.inbox.Process(t.Context(), event, 0))
	require.Len(t, b.Signals(workflows.RefundWorkflowID(string(waiting.ID))), 1)
	require.False(t, b.Started(workflows.RefundWorkflowID(string(other.ID))))
	b.requireSetAside("evt_1")
}

// A PaymentIntent within an object is an id, or the whole object for an endpoint that has it expanded.
func TestExpandedPaymentIntentIsReadAsItsID(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.Paid("1")
	event, _ := b.receive("evt_1", "charge.dispute.created", map[string]any{
		"id": b.ID("dp_1"), "object": "dispute", "payment_intent": map[string]any{"id": b.ID("pi_1"), "object": "payment_intent"},
	})
	require.NoError(t, b.inbox.Process(t.Context(), event, 0))
	b.requireTold(workflows.DisputeWorkflowID(b.ID("dp_1")), "evt_1")
}

// A type that nobody acts on, also one that does not exist yet, is kept and dealt with at once.
func TestUnknownTypeIsKeptAndStartsNothing(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	reference := b.Paid("1")
	for i, kind := range []string{"customer.created", "payment_intent.teleported", "v2.core.event_destination.ping"} {
		id := fmt.Sprintf("evt_%d", i)
		_, processed := b.receive(id, kind, map[string]any{
			"id": b.ID("pi_1"), "object": "payment_intent", "metadata": map[string]any{"booking_reference": string(reference)},
		})
		require.True(t, processed, kind)
		b.requireSetAside(id)
	}
	b.requireNothingToSweep()
	require.False(t, b.Started(workflows.BookingPaymentWorkflowID(reference)))
}

// An id names the workflow that an event is for: an object whose id cannot be read starts none.
func TestObjectWithoutReadableIDStartsNoWorkflow(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for kind, workflow := range map[string]string{
		"payout.paid": workflows.PayoutWorkflowID(""), "refund.created": workflows.RefundWorkflowID(""),
		"charge.dispute.created": workflows.DisputeWorkflowID(""),
	} {
		id := "evt_" + strings.ReplaceAll(kind, ".", "_")
		event, processed := b.receive(id, kind, map[string]any{"id": "x\x1b[2J", "object": "object"})
		require.True(t, processed, kind)
		require.NoError(t, b.inbox.Process(t.Context(), event, 0), kind)
		require.Equal(t, store.EventNotOurs, b.stored(id).State, kind)
		require.False(t, b.Started(workflow), kind)
	}
}

// What is about somebody else's payment on the same account is set aside with the reason, and starts nothing.
func TestObjectsOfOthersAreSetAside(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.Paid("1")
	foreign, theirs := booking.NewReference(), b.intent(nil)
	for kind, c := range map[string]struct {
		object   map[string]any
		workflow string
	}{
		"payment_intent.succeeded": {
			map[string]any{"id": theirs, "object": "payment_intent", "metadata": map[string]any{"booking_reference": string(foreign)}},
			workflows.BookingPaymentWorkflowID(foreign),
		},
		"payment_intent.canceled": {map[string]any{"id": theirs, "object": "payment_intent"}, workflows.BookingPaymentWorkflowID("")},
		"refund.created": {
			map[string]any{"id": b.ID("re_2"), "object": "refund", "payment_intent": theirs},
			workflows.RefundWorkflowID(b.ID("re_2")),
		},
		"charge.refunded": {
			map[string]any{"id": b.ID("ch_2"), "object": "charge", "payment_intent": theirs, "amount_refunded": 100, "captured": true},
			workflows.ChargeRefundsWorkflowID(theirs),
		},
		"charge.dispute.created": {
			map[string]any{"id": b.ID("dp_2"), "object": "dispute", "payment_intent": theirs},
			workflows.DisputeWorkflowID(b.ID("dp_2")),
		},
	} {
		id := "evt_" + strings.ReplaceAll(kind, ".", "_")
		event, processed := b.receive(id, kind, c.object)
		require.False(t, processed, kind)
		require.NoError(t, b.inbox.Process(t.Context(), event, 0), kind)
		b.requireSetAside(id)
		require.Equal(t, store.EventNotOurs, b.stored(id).State, kind)
		require.False(t, b.Started(c.workflow), kind)
		_, processed = b.receive(id, kind, c.object)
		require.True(t, processed, "delivered again")
	}
	b.requireNothingToSweep()
}

// A charge of which nothing was captured, or whose refunds Stripe has confirmed to the books, is looked for no more.
func TestChargeRefundedThatSaysNothingNewIsSetAside(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	reference := b.Paid("1")
	refund := b.Refund(reference, "1", 1000)
	b.Exec(t, "UPDATE refunds SET status = 'succeeded', stripe_refund_id = ? WHERE refund_id = ?", b.ID("re_1"), string(refund.ID))
	for id, object := range map[string]map[string]any{
		"evt_let_go": {"amount_refunded": 45900, "captured": false},
		"evt_known":  {"amount_refunded": 1000, "captured": true},
	} {
		object["id"], object["object"], object["payment_intent"] = b.ID("ch_1"), "charge", b.ID("pi_1")
		event, _ := b.receive(id, "charge.refunded", object)
		require.NoError(t, b.inbox.Process(t.Context(), event, 0))
		b.requireSetAside(id)
	}
	require.False(t, b.Started(workflows.ChargeRefundsWorkflowID(b.ID("pi_1"))))
}

// A sum is no identity: while a refund of ours is asked for and not confirmed, an amount that would fit it may be another's.
// The event stays due until that is known.
func TestChargeRefundedWaitsWhileARefundOfOursIsUnconfirmed(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.Refund(b.Paid("1"), "1", 1000)
	event, _ := b.receive("evt_either", "charge.refunded", map[string]any{
		"id": b.ID("ch_1"), "object": "charge", "payment_intent": b.ID("pi_1"), "amount_refunded": 1000, "captured": true,
	})
	require.NoError(t, b.inbox.Process(t.Context(), event, 0))
	kept, err := b.Store.Event(t.Context(), "evt_either")
	require.NoError(t, err)
	require.False(t, kept.Processed)
	require.NotNil(t, kept.NextAttemptAt)
	require.False(t, b.Started(workflows.ChargeRefundsWorkflowID(b.ID("pi_1"))))
}

// Whose an event is, the books say by the ids in it. Metadata, which anybody may edit in Stripe's dashboard, is asked only about what
// they do not know, and leads to the workflow that reads the object at Stripe.
func TestMetadataNamesOnlyWhatTheBooksDoNotKnow(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	one, two := b.Held("1", time.Hour).Reference, b.Held("2", time.Hour).Reference
	refund := b.Refund(b.Paid("3"), "3", 1000)
	for i, c := range []struct {
		kind, id  string
		reference booking.Reference // in the metadata
		refund    booking.RefundID
		told      string
	}{
		{"payment_intent.succeeded", b.ID("pi_1"), "", "", workflows.BookingPaymentWorkflowID(one)},
		{"payment_intent.succeeded", b.ID("pi_1"), two, "", workflows.BookingPaymentWorkflowID(one)},
		{"payment_intent.succeeded", b.ID("pi_1"), booking.NewReference(), "", workflows.BookingPaymentWorkflowID(one)},
		{"payment_intent.succeeded", b.ID("pi_9"), two, "", workflows.BookingPaymentWorkflowID(two)},
		{"refund.created", b.ID("re_1"), "", refund.ID, workflows.RefundWorkflowID(string(refund.ID))},
		{"refund.created", b.ID("re_2"), "", "", workflows.RefundWorkflowID(b.ID("re_2"))},
	} {
		metadata := map[string]any{"booking_reference": string(c.reference), "refund_id": string(c.refund)}
		id := fmt.Sprintf("evt_%d", i)
		event, _ := b.receive(id, c.kind, map[string]any{
			"id": c.id, "object": strings.Split(c.kind, ".")[0], "payment_intent": b.ID("pi_3"), "metadata": metadata,
		})
		require.NoError(t, b.inbox.Process(t.Context(), event, 0))
		b.requireTold(c.told, id)
	}
	// A refund of another payment that bears our refund's id is not that refund.
	event, _ := b.receive("evt_other", "refund.created", map[string]any{
		"id": b.ID("re_3"), "object": "refund", "payment_intent": b.ID("pi_1"), "metadata": map[string]any{"refund_id": string(refund.ID)},
	})
	require.NoError(t, b.inbox.Process(t.Context(), event, 0))
	b.requireTold(workflows.RefundWorkflowID(b.ID("re_3")), "evt_other")
}
