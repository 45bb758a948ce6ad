package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/store"
)

func event(id, kind string) store.Event {
	return store.Event{
		ID: id, Type: kind, APIVersion: "2023-10-16", ObjectID: "pi_1", Reference: "FB-00000000", Created: time.Now().UTC(),
		Payload: []byte(`{}`),
	}
}

// An event goes from received to processing to processed; a failed one is due again when its pause is over.
func TestInboxStates(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	ctx, now := t.Context(), time.Now().UTC()
	receipt, err := b.Store.ReceiveEvent(ctx, event("evt_kept", "customer.created"), "not acted on", time.Minute)
	require.NoError(t, err)
	require.Equal(t, store.Receipt{Processed: true}, receipt)
	receipt, err = b.Store.ReceiveEvent(ctx, event("evt_1", "payment_intent.succeeded"), "", time.Minute)
	require.NoError(t, err)
	require.Equal(t, store.Receipt{}, receipt)

	due := func(at time.Time) int {
		events, err := b.Store.DueEvents(ctx, at, 10)
		require.NoError(t, err)
		return len(events)
	}
	require.Zero(t, due(now), "its own request is at it")
	require.Equal(t, 1, due(now.Add(2*time.Minute)))
	begin := func(attempts int, again time.Time) bool {
		begun, err := b.Store.BeginEvent(ctx, "evt_1", attempts, again)
		require.NoError(t, err)
		return begun
	}
	require.True(t, begin(0, now.Add(time.Hour)))
	require.False(t, begin(0, now.Add(time.Hour)), "another sweeper has begun this attempt")
	require.NoError(t, b.Store.FailEvent(ctx, "evt_1", "Temporal is away"))
	failed, err := b.Store.Event(ctx, "evt_1")
	require.NoError(t, err)
	require.Equal(t, store.EventFailed, failed.State)
	require.Equal(t, 1, failed.Attempts)
	require.Equal(t, "Temporal is away", failed.LastError)
	require.Zero(t, due(now.Add(2*time.Minute)))
	require.Equal(t, 1, due(now.Add(2*time.Hour)))

	for attempts := 1; attempts < store.MaxEventAttempts; attempts++ {
		require.True(t, begin(attempts, now))
	}
	require.Zero(t, due(now.Add(2*time.Hour)), "then it waits for an operator")
	_, err = b.Store.RetryEvent(ctx, "evt_1", testdb.Tester, now)
	require.NoError(t, err)
	require.Equal(t, 1, due(now))
	require.NoError(t, b.Store.MarkEventProcessed(ctx, "evt_1", "by hand"))
	require.False(t, begin(0, now))
	done, err := b.Store.Event(ctx, "evt_1")
	require.NoError(t, err)
	require.Equal(t, store.EventProcessed, done.State)
	require.True(t, done.Processed)
	_, err = b.Store.RetryEvent(ctx, "evt_none", testdb.Tester, now)
	require.ErrorIs(t, err, store.ErrNotFound)

	listed, err := b.Store.Events(ctx, store.EventFilter{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, "evt_1", listed[0].ID)
	listed, err = b.Store.Events(ctx, store.EventFilter{Before: listed[0].Cursor, Limit: 10})
	require.NoError(t, err)
	require.Len(t, listed, 1)
	listed, err = b.Store.Events(ctx, store.EventFilter{Type: "customer.created", State: store.EventProcessed, Limit: 10})
	require.NoError(t, err)
	require.Equal(t, "evt_kept", listed[0].ID)
}

// An event that was processed is not ignored: it keeps its state, and nothing is in the audit log.
func TestProcessedEventIsNotIgnored(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	ctx, now := t.Context(), time.Now().UTC()
	for _, id := range []string{"evt_done", "evt_open"} {
		_, err := b.Store.ReceiveEvent(ctx, event(id, "payment_intent.succeeded"), "", time.Minute)
		require.NoError(t, err)
	}
	require.NoError(t, b.Store.MarkEventProcessed(ctx, "evt_done", "by hand"))
	require.ErrorIs(t, b.Store.IgnoreEvent(ctx, "evt_done", "not needed", testdb.Tester, now), store.ErrEventProcessed)
	require.NoError(t, b.Store.IgnoreEvent(ctx, "evt_open", "not needed", testdb.Tester, now))
	require.Equal(t, []string{"processed by hand", "ignored not needed"},
		b.Texts(t, "SELECT CONCAT(state, ' ', note) FROM stripe_events ORDER BY id"))
	require.Equal(t, []string{"evt_open"}, b.Texts(t, "SELECT subject FROM audit_log WHERE action = 'event.ignore'"))
}

// One of many at once works under a key; the others see that it is at work, and one takes over when it has died.
func TestLeases(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	now := time.Now().UTC()
	asked := store.AuditEntry{Actor: testdb.Tester, Action: store.ActionBookingCancel, Subject: "FB-1"}
	claim := func(lease string, at time.Time) store.Claim {
		found, err := b.Store.ClaimOperation(t.Context(),
			store.IdempotencyKey{Caller: b.caller, Key: "k", Operation: "cancel-booking", Lease: lease}, "FB-1", asked, at)
		require.NoError(t, err)
		return found
	}
	working := make([]bool, 20)
	var group sync.WaitGroup
	for i := range working {
		group.Go(func() { working[i] = !claim(string(rune('a'+i)), now).InProgress })
	}
	group.Wait()
	count := 0
	for _, works := range working {
		if works {
			count++
		}
	}
	require.Equal(t, 1, count)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE subject = 'FB-1'"), "one request is one line")

	dead := now.Add(store.LeaseTime + time.Second)
	require.False(t, claim("heir", dead).InProgress)
	require.True(t, claim("another", dead).InProgress)
	key := store.IdempotencyKey{Caller: b.caller, Key: "k", Operation: "cancel-booking", Lease: "heir"}
	require.NoError(t, b.Store.RenewLease(t.Context(), key, dead.Add(time.Minute)))
	require.True(t, claim("another", dead.Add(time.Minute)).InProgress)
	require.NoError(t, b.Store.ReleaseLease(t.Context(), key))
	require.False(t, claim("another", dead).InProgress, "let go")

	_, _, err := b.Store.StoreAnswer(t.Context(), store.IdempotencyKey{Caller: b.caller, Key: "k"}, 200, []byte(`{}`))
	require.NoError(t, err)
	answered := claim("late", dead)
	require.False(t, answered.InProgress)
	require.JSONEq(t, `{}`, string(answered.Answer))
	var conflict *store.IdempotencyConflictError
	_, err = b.Store.ClaimOperation(t.Context(), store.IdempotencyKey{Caller: b.caller, Key: "k", Operation: "capture-booking"}, "FB-1", asked,
		now)
	require.ErrorAs(t, err, &conflict, "a key stands for one operation")
}

func TestResending(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	now := time.Now().UTC()
	first := uint64(b.Count(t, "SELECT id FROM emails")) //nolint:gosec // an id
	same, err := b.Store.ResendEmail(t.Context(), first, testdb.Tester, now)
	require.NoError(t, err)
	require.Equal(t, first, same, "it is still queued")
	require.NoError(t, b.Store.MarkEmailSent(t.Context(), first, "250", now))
	seen := map[uint64]bool{first: true}
	for range 2 {
		copied, err := b.Store.ResendEmail(t.Context(), first, testdb.Tester, now)
		require.NoError(t, err)
		require.False(t, seen[copied])
		seen[copied] = true
	}
	require.Equal(t, 3, b.Count(t, "SELECT COUNT(DISTINCT message_id) FROM emails"))
	_, err = b.Store.ResendEmail(t.Context(), 999999, testdb.Tester, now)
	require.ErrorIs(t, err, store.ErrNotFound)
	b.requirePromises()
}

func TestEventIsReceivedOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	event := store.Event{ID: "evt_1", Type: "payment_intent.succeeded", Created: time.Now().UTC(), Payload: []byte(`{}`)}
	for _, known := range []bool{false, true} {
		receipt, err := b.Store.ReceiveEvent(t.Context(), event, "", time.Minute)
		require.NoError(t, err)
		require.Equal(t, store.Receipt{Known: known}, receipt)
	}
	require.NoError(t, b.Store.MarkEventProcessed(t.Context(), "evt_1", "not acted upon"))
	receipt, err := b.Store.ReceiveEvent(t.Context(), event, "", time.Minute)
	require.NoError(t, err)
	require.Equal(t, store.Receipt{Processed: true, Known: true}, receipt)
}

// The row of an event that is dispatched at once has its first attempt counted, so that the sweeper finds it after a crash as it would find
// one whose first attempt failed. A second delivery does not count it again.
func TestEventDispatchedAtOnceHasItsFirstAttemptCounted(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	event := store.Event{
		ID: "evt_1", Type: "payment_intent.succeeded", Created: time.Now().UTC(), Payload: []byte(`{}`), State: store.EventProcessing,
	}
	for range 2 {
		_, err := b.Store.ReceiveEvent(t.Context(), event, "", time.Minute)
		require.NoError(t, err)
		known, err := b.Store.Event(t.Context(), "evt_1")
		require.NoError(t, err)
		require.Equal(t, store.EventProcessing, known.State)
		require.Equal(t, 1, known.Attempts)
		require.False(t, known.Processed)
	}
	due, err := b.Store.DueEvents(t.Context(), b.Clock.Now().Add(2*time.Minute), 10)
	require.NoError(t, err)
	require.Len(t, due, 1)
}
