package store_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/notice"
	"farebook/store"
	"farebook/webhook"
)

// endpoint makes a webhook endpoint of the books' client.
func (b books) endpoint(types ...webhook.Type) store.Endpoint {
	b.t.Helper()
	if types == nil {
		types = webhook.ClientTypes()
	}
	made, err := b.Store.CreateEndpoint(b.t.Context(), store.NewEndpoint{
		ID: access.NewEndpointID(), ClientID: b.caller.ClientID, URL: "https://shop.example.com/hooks", ContactEmail: "hooks@example.com",
		Types: types, KeyID: "0011223344556677",
	}, testdb.Tester)
	require.NoError(b.t, err)
	return made
}

func (b books) pending(e store.Endpoint) []store.Delivery {
	b.t.Helper()
	deliveries, err := b.Store.PendingDeliveries(b.t.Context(), e.ID, 100)
	require.NoError(b.t, err)
	return deliveries
}

// A change is written with its event, once however often it is recorded, and names nobody.
func TestPaidBookingIsWrittenWithItsEvent(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	e := b.endpoint()
	snapshot := b.held()
	var announced []uint64
	b.Store.Announce(func(clientID uint64) { announced = append(announced, clientID) })
	for range 2 {
		_, err := b.record(paid(snapshot, true), store.ReasonEvent)
		require.NoError(t, err)
	}
	pending := b.pending(e)
	require.Len(t, pending, 1)
	require.Equal(t, webhook.BookingConfirmed, pending[0].Type)
	require.True(t, strings.HasPrefix(pending[0].MessageID, "msg_"))
	require.Equal(t, []uint64{b.caller.ClientID}, announced, "only what has something to be sent is announced")
	var event struct {
		Type    string
		Version int
		Data    webhook.BookingData
	}
	require.NoError(t, json.Unmarshal([]byte(pending[0].Payload), &event))
	require.Equal(t, snapshot.Reference, event.Data.Booking.Reference)
	require.Equal(t, booking.StatusConfirmed, event.Data.Booking.Status)
	require.EqualValues(t, 45900, event.Data.Booking.Payment.Captured.Value)
	require.NotContains(t, pending[0].Payload, "Layla")
	require.NotContains(t, pending[0].Payload, "@")
	b.requirePromises()
}

// An event that is missing is found, of an endpoint that has subscribed to it since before the booking.
func TestMissingEventsAreFound(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	e := b.endpoint()
	b.Exec(t, "UPDATE webhook_endpoints SET updated_at = updated_at - INTERVAL 1 HOUR")
	snapshot := b.held()
	_, err := b.record(paid(snapshot, true), store.ReasonEvent)
	require.NoError(t, err)
	require.Len(t, b.pending(e), 1)
	b.requirePromises()
	broken := func() (texts []string) {
		for _, promise := range b.Promises(t) {
			if !promise.Held {
				texts = append(texts, promise.Text)
			}
		}
		return texts
	}
	b.Exec(t, "DELETE FROM webhook_deliveries")
	require.Equal(t, []string{"each change of a booking that a webhook endpoint subscribes to is written for it"}, broken())
	b.Exec(t, "INSERT INTO imported_bookings (booking_id, earlier_reference, imported_at) SELECT id, 'SD-1', UTC_TIMESTAMP(6) FROM bookings")
	require.Empty(t, broken(), "an import writes none")
	b.Exec(t, "DELETE FROM imported_bookings")
	b.Exec(t, "UPDATE webhook_endpoints SET event_types = 'booking.expired'")
	require.Empty(t, broken(), "it does not subscribe to it")
	b.Exec(t, "UPDATE webhook_endpoints SET event_types = 'booking.confirmed', updated_at = updated_at + INTERVAL 1 HOUR")
	require.Empty(t, broken(), "it may have subscribed to it since")
}

// A transaction that is rolled back leaves no event, and one that fails for its event leaves no change.
func TestNoChangeWithoutItsEvent(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	e := b.endpoint()
	snapshot := b.held()
	b.Exec(t, "RENAME TABLE webhook_deliveries TO gone")
	_, err := b.record(paid(snapshot, true), store.ReasonEvent)
	require.Error(t, err)
	require.Equal(t, "pending_payment", b.Text(t, "SELECT status FROM bookings"))
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	b.Exec(t, "RENAME TABLE gone TO webhook_deliveries")
	_, err = b.record(paid(snapshot, true), store.ReasonEvent)
	require.NoError(t, err)
	require.Len(t, b.pending(e), 1)
}

// An endpoint receives events of its client's bookings and of the types that it subscribes to; another client's receives none.
func TestEndpointsHearOfTheirOwnClient(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	other := b
	other.caller = b.Caller(t, b.NewKey(t, "other"))
	stranger, refunds := other.endpoint(), b.endpoint(webhook.RefundSucceeded)
	removed := b.endpoint()
	require.NoError(t, b.Store.RemoveEndpoint(t.Context(), removed.ID, testdb.Tester))
	_, err := b.record(paid(b.held(), true), store.ReasonEvent)
	require.NoError(t, err)
	require.Empty(t, b.pending(stranger))
	require.Empty(t, b.pending(refunds))
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM webhook_deliveries"))
	_, err = b.Store.EndpointOf(t.Context(), b.caller.Owner, stranger.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
}

// What happens while an endpoint is disabled is kept for 30 days, and sent once it is enabled.
func TestEventsAreKeptWhileAnEndpointIsDisabled(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	e := b.endpoint()
	require.NoError(t, b.Store.DisableEndpoint(t.Context(), e.ID, true, testdb.Tester))
	_, err := b.record(paid(b.held(), true), store.ReasonEvent)
	require.NoError(t, err)
	require.Empty(t, b.pending(e), "nothing is delivered")
	require.NoError(t, b.Store.DisableEndpoint(t.Context(), e.ID, false, testdb.Tester))
	require.Len(t, b.pending(e), 1)
}

// An event that is not taken is tried again for three days; then its endpoint is disabled and shown to an operator, and its owner gets an
// email.
func TestEndpointThatTakesNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	e := b.endpoint()
	_, err := b.record(paid(b.held(), true), store.ReasonEvent)
	require.NoError(t, err)
	var waited time.Duration
	for attempt := 1; ; attempt++ {
		delivery := b.pending(e)[0]
		require.Equal(t, attempt-1, delivery.Attempts)
		failed := store.Attempt{At: b.Store.Now(), Status: 500, Excerpt: "no", Took: time.Millisecond}
		recorded, err := b.Store.RecordAttempt(t.Context(), delivery, failed)
		require.NoError(t, err)
		again, err := b.Store.RecordAttempt(t.Context(), delivery, failed)
		require.NoError(t, err)
		require.False(t, again.Disabled, "a repetition of an attempt changes nothing")
		waited += recorded.RetryIn
		if recorded.Disabled {
			require.Len(t, recorded.EmailIDs, 1)
			require.Equal(t, recorded.EmailIDs, again.EmailIDs, "whoever repeats it sends the email")
			listed, err := b.Store.ListedEmail(t.Context(), recorded.EmailIDs[0])
			require.NoError(t, err)
			require.Equal(t, notice.ToOwner, listed.Audience)
			break
		}
	}
	require.InDelta(t, 72, waited.Hours(), 1, "three days")
	require.Empty(t, b.pending(e))
	known, err := b.Store.Endpoint(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, store.DisabledFailing, known.Reason)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM attention_items WHERE is_open = 1 AND kind = 'webhook_endpoint_disabled'"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'webhook_disabled' AND audience = 'owner'"))
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM emails WHERE content_json LIKE '%@%'"))

	require.NoError(t, b.Store.DisableEndpoint(t.Context(), e.ID, false, testdb.Tester))
	require.Zero(t, b.pending(e)[0].Attempts, "it begins anew")
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM attention_items WHERE is_open = 1"))
}

// 410 Gone ends deliveries at once.
func TestReceiverThatIsGoneIsDisabled(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	e := b.endpoint()
	_, err := b.Store.SendTestEvent(t.Context(), e, "te_1", testdb.Tester)
	require.NoError(t, err)
	recorded, err := b.Store.RecordAttempt(t.Context(), b.pending(e)[0], store.Attempt{At: b.Store.Now(), Status: 410})
	require.NoError(t, err)
	require.True(t, recorded.Disabled)
	known, err := b.Store.Endpoint(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, store.DisabledGone, known.Reason)
}

// A replay sends delivered events again under the same ids, those of a time in pages.
func TestReplaySendsTheSameEvents(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	e := b.endpoint()
	began := b.Store.Now().Add(-time.Second)
	ids := map[string]bool{}
	for _, request := range []string{"te_1", "te_2", "te_3"} {
		sent, err := b.Store.SendTestEvent(t.Context(), e, request, testdb.Tester)
		require.NoError(t, err)
		again, err := b.Store.SendTestEvent(t.Context(), e, request, testdb.Tester)
		require.NoError(t, err)
		require.Equal(t, sent.MessageID, again.MessageID, "a repeated request sends none")
		ids[sent.MessageID] = true
	}
	require.Len(t, ids, 3)
	for _, delivery := range b.pending(e) {
		_, err := b.Store.RecordAttempt(t.Context(), delivery, store.Attempt{At: b.Store.Now(), Status: 204})
		require.NoError(t, err)
	}
	require.Empty(t, b.pending(e))
	replayed, err := b.Store.ReplayDeliveries(t.Context(), e, began, b.Store.Now().Add(time.Second), testdb.Tester)
	require.NoError(t, err)
	require.Equal(t, store.Replayed{Events: 3}, replayed)
	require.Len(t, b.pending(e), 3)
	listed, err := b.Store.Deliveries(t.Context(), e, 0, 2)
	require.NoError(t, err)
	require.Len(t, listed, 2)
	one := b.pending(e)[1]
	_, err = b.Store.RecordAttempt(t.Context(), one, store.Attempt{At: b.Store.Now(), Status: 200})
	require.NoError(t, err)
	_, err = b.Store.RecordAttempt(t.Context(), b.pending(e)[0], store.Attempt{At: b.Store.Now(), Status: 500})
	require.NoError(t, err)
	require.NotNil(t, b.pending(e)[0].NextAt)
	require.NoError(t, b.Store.ReplayDelivery(t.Context(), e, one.MessageID, testdb.Tester))
	require.Nil(t, b.pending(e)[0].NextAt, "it is sent at once, and so is what it waits behind")
	require.ErrorIs(t, b.Store.ReplayDelivery(t.Context(), e, "msg_unknown", testdb.Tester), store.ErrNotFound)
}

// Events that were delivered and events that were not are one list, the newest first.
func TestDeliveriesAreListedInPages(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	e := b.endpoint()
	for _, request := range []string{"te_1", "te_2", "te_3", "te_4", "te_5"} {
		_, err := b.Store.SendTestEvent(t.Context(), e, request, testdb.Tester)
		require.NoError(t, err)
	}
	sent := b.pending(e)
	for _, at := range []int{0, 2, 3} {
		_, err := b.Store.RecordAttempt(t.Context(), sent[at], store.Attempt{At: b.Store.Now(), Status: 200})
		require.NoError(t, err)
	}
	var listed []string
	for before := uint64(0); ; {
		page, err := b.Store.Deliveries(t.Context(), e, before, 2)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, delivery := range page {
			listed, before = append(listed, delivery.MessageID), delivery.Row
		}
	}
	require.Equal(t, []string{sent[4].MessageID, sent[3].MessageID, sent[2].MessageID, sent[1].MessageID, sent[0].MessageID}, listed)
}

// A rotation under the same number is made once, and the secret before it signs until the overlap ends.
func TestRotationKeepsThePreviousSecret(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	e := b.endpoint()
	rotation := store.SecretRotation{EndpointID: e.ID, From: 1, KeyID: "8899aabbccddeeff", Overlap: time.Hour}
	for range 2 {
		rotated, err := b.Store.RotateEndpointSecret(t.Context(), rotation, testdb.Tester)
		require.NoError(t, err)
		require.Equal(t, webhook.SecretVersion{KeyID: "8899aabbccddeeff", Number: 2}, rotated.Secret)
		require.Equal(t, []webhook.SecretVersion{rotated.Secret, e.Secret}, rotated.Secrets(b.Store.Now()))
		require.Equal(t, []webhook.SecretVersion{rotated.Secret}, rotated.Secrets(b.Store.Now().Add(2*time.Hour)))
	}
}

// A client has ten endpoints at most, and those of a client that is merged into another one hear of the bookings of both.
func TestEndpointsFollowAMerge(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	from := b
	from.caller = b.Caller(t, b.NewKey(t, "from"))
	e := from.endpoint()
	snapshot := b.held()
	into, err := b.Store.Client(t.Context(), "test")
	require.NoError(t, err)
	merged, err := b.Store.Client(t.Context(), "from")
	require.NoError(t, err)
	own := b.endpoint()
	b.Exec(t, "UPDATE webhook_endpoints SET updated_at = updated_at - INTERVAL 1 HOUR")
	from.paidBookings(1)
	_, err = b.Store.MergeClients(t.Context(), into, merged, testdb.Tester)
	require.NoError(t, err)
	_, err = b.record(paid(snapshot, true), store.ReasonEvent)
	require.NoError(t, err)
	require.Len(t, b.pending(e), 2)
	require.Len(t, b.pending(own), 1, "not of what was before")
	b.requirePromises()
	var disabled *store.ClientDisabledError
	_, err = b.Store.CreateEndpoint(t.Context(), store.NewEndpoint{ID: access.NewEndpointID(), ClientID: merged.ID}, testdb.Tester)
	require.ErrorAs(t, err, &disabled)
	for range store.MaxEndpoints - 2 {
		b.endpoint()
	}
	var full *store.TooManyEndpointsError
	_, err = b.Store.CreateEndpoint(t.Context(), store.NewEndpoint{ID: access.NewEndpointID(), ClientID: b.caller.ClientID}, testdb.Tester)
	require.ErrorAs(t, err, &full)
}

// Payouts are heard of by clients that may read operations now.
func TestPayoutsAreHeardOfByOperators(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	shop, desk := b, b
	shop.caller = b.Caller(t, b.NewKey(t, "shop", access.WebhooksWrite))
	desk.caller = b.Caller(t, b.NewKey(t, "desk", access.WebhooksWrite, access.OperationsRead))
	none, e := shop.endpoint(webhook.PayoutPaid), desk.endpoint(webhook.PayoutPaid)
	record := func(id string) {
		_, err := b.Store.RecordPayout(t.Context(), store.PayoutReading{Now: b.Store.Now(), Snapshot: booking.PayoutSnapshot{
			PayoutID: id, Status: "paid", Amount: 100, Currency: "USD",
		}})
		require.NoError(t, err)
	}
	record("po_1")
	record("po_1")
	require.Empty(t, b.pending(none))
	require.Len(t, b.pending(e), 1)
	b.Exec(t, "UPDATE api_keys SET revoked_at = created_at WHERE client_id = ?", desk.caller.ClientID)
	record("po_2")
	require.Len(t, b.pending(e), 1)
}
