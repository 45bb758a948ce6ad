package inbox_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/starter/inbox"
	"farebook/store"
)

// asDelivered fills the inbox as releases did that stored whole events: ones that are acted on, ones that nobody acts on, and
// ones that cannot be read.
func asDelivered(t *testing.T, db *testdb.DB, count int) {
	t.Helper()
	for i := range count {
		kind, body := "payment_intent.succeeded",
			event("payment_intent.succeeded", "payment_intent", `"id":"pi_1","status":"succeeded","amount":45900`)
		switch i % 5 {
		case 3:
			kind, body = "customer.created", event("customer.created", "customer", `"id":"cus_1","name":"Canary"`)
		case 4:
			body = []byte(`{"Canary`)
		}
		db.Exec(t, `INSERT INTO stripe_events (id, stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, stripe_created_at, received_at)
			VALUES (?, ?, ?, '2023-10-16', 'pi_1', FALSE, '', ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`, 10+i*7, fmt.Sprintf("evt_%d", i), kind, body)
	}
}

const canaryLeft = "SELECT COUNT(*) FROM stripe_events WHERE payload LIKE '%anary%'"

// A scrub that ends in the middle leaves whole rows of both kinds, the next one does the rest, and one more does nothing.
func TestScrubGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	asDelivered(t, db, 40)
	ctx, stop := context.WithCancel(t.Context())
	scrub := inbox.Scrub{Store: db.Store, Batch: 50, Pause: time.Microsecond, Progress: func(at inbox.ScrubProgress) {
		if at.Scrubbed >= 16 {
			stop()
		}
	}}
	at, err := scrub.Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, int64(40), at.Of)
	require.Equal(t, 40-int(at.Scrubbed), db.Count(t, canaryLeft))
	require.Less(t, at.Scrubbed, int64(40))

	rest, err := scrub.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, 40-at.Scrubbed, rest.Scrubbed)
	require.Equal(t, rest.Of, rest.Scrubbed)
	require.Zero(t, db.Count(t, canaryLeft))
	require.Equal(t, 16, db.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE payload = ''"), "nobody acts on them, or they cannot be read")
	require.Equal(t, 24, db.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE account = 'acct_1' AND payload <> ''"))
	sum := db.Checksum(t, "stripe_events")
	again, err := scrub.Run(t.Context())
	require.NoError(t, err)
	require.Zero(t, again.Of)
	require.Equal(t, sum, db.Checksum(t, "stripe_events"))
}

// A process that dies within a batch leaves nothing of it half done.
func TestScrubDiesWithinABatch(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	asDelivered(t, db, 10)
	sum := db.Checksum(t, "stripe_events")
	ctx, die := context.WithCancel(t.Context())
	reduced := 0
	_, err := db.Store.ScrubEvents(ctx, 0, 1000, func(store.Event) ([]byte, string) {
		if reduced++; reduced == 5 {
			die()
		}
		return nil, ""
	})
	require.Error(t, err)
	require.Equal(t, sum, db.Checksum(t, "stripe_events"))
	done, err := inbox.Scrub{Store: db.Store, Batch: 1000, Progress: func(inbox.ScrubProgress) {}}.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(10), done.Scrubbed)
}
