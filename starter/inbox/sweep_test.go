package inbox_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/starter/inbox"
	"farebook/store"
	"farebook/workflows"
)

// due has every event that is not processed looked at by the next sweep: no pause is longer than six hours.
func (b box) due() {
	b.T.Helper()
	b.Clock.Advance(6*time.Hour + time.Second)
}

// sweep runs a sweep and returns how many events it took on.
func sweep(t *testing.T, in *inbox.Inbox) int {
	t.Helper()
	taken, err := in.Sweep(t.Context())
	require.NoError(t, err)
	return taken
}

func (b box) requireNothingToSweep() {
	b.T.Helper()
	b.due()
	require.Zero(b.T, sweep(b.T, b.inbox))
}

// wait is how long an event is left alone from now on, to the minute.
func (b box) wait(id string) time.Duration {
	b.T.Helper()
	return b.stored(id).NextAttemptAt.Sub(b.Clock.Now()).Round(time.Minute)
}

// An event whose workflow cannot be signalled is tried again after twice the interval, then after pauses that double, up to two hours:
// while Temporal is away it is not given up, and once Temporal is back it is handed on with its attempts left.
func TestEventThatCannotBeHandedOnIsNeverGivenUp(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	away := inbox.New(b.Store, b.WithoutTemporal(), b.client, interval, slog.New(slog.DiscardHandler))
	event, _ := b.receive("evt_1", "payout.paid", map[string]any{"id": b.ID("po_1"), "object": "payout"})
	require.Zero(t, sweep(t, away), "its own request is at it")
	require.Error(t, away.Process(t.Context(), event, 0))

	for attempt, wait := range []time.Duration{2, 4, 8, 16, 32, 64, 128, 128, 128, 128, 128, 128, 128, 128} {
		if attempt > 0 {
			require.Zero(t, sweep(t, away), "not due yet")
			b.due()
			require.Equal(t, 1, sweep(t, away))
		}
		failed := b.stored("evt_1")
		require.Equal(t, store.EventFailed, failed.State)
		require.NotEmpty(t, failed.LastError)
		require.Equal(t, wait*time.Minute, b.wait("evt_1"), "after attempt %d", attempt+1)
	}
	b.due()
	require.Equal(t, 1, sweep(t, b.inbox))
	require.Equal(t, store.EventProcessing, b.stored("evt_1").State)
	b.requireTold(workflows.PayoutWorkflowID(b.ID("po_1")), "evt_1")
	require.Less(t, b.stored("evt_1").Attempts, store.MaxEventAttempts)
	require.Equal(t, 128*time.Minute, b.wait("evt_1"), "and looked at again, should its workflow lose it")
}

// An event that cannot be read is tried again after pauses that double, up to six hours and twelve times in all; then it waits for an
// operator, who has it tried again from the beginning.
func TestEventThatCannotBeReadIsTriedAgainEverMoreSeldom(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	const id = "evt_0"
	_, err := b.Store.ReceiveEvent(t.Context(), store.Event{
		ID: id, Type: "payout.paid", ObjectID: b.ID("po_0"), Created: time.Now().UTC(), Payload: []byte(`{}`),
	}, "", 0)
	require.NoError(t, err)
	for attempt, wait := range []time.Duration{
		2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, 64 * time.Minute, 128 * time.Minute,
		256 * time.Minute,
		6 * time.Hour, 6 * time.Hour, 6 * time.Hour, 6 * time.Hour,
	} {
		if attempt > 0 {
			require.Zero(t, sweep(t, b.inbox), "not due yet")
		}
		b.due()
		require.Equal(t, 1, sweep(t, b.inbox))
		failed := b.stored(id)
		require.Equal(t, store.EventFailed, failed.State)
		require.Equal(t, attempt+1, failed.Attempts)
		require.NotEmpty(t, failed.LastError)
		require.Equal(t, wait, b.wait(id), "after attempt %d", attempt+1)
	}
	b.due()
	require.Zero(t, sweep(t, b.inbox), "its attempts are used up")
	require.Contains(t, b.stored(id).LastError, "tried 12 times: ")

	_, err = b.Store.RetryEvent(t.Context(), id, testdb.Tester, b.Clock.Now())
	require.NoError(t, err)
	require.Equal(t, 1, sweep(t, b.inbox))
	require.Equal(t, 2*time.Minute, b.wait(id), "its attempts are counted anew")
}

// Each API sweeps. An event that two of them have read is handed on by one, and counts one attempt.
func TestAttemptOfAnEventIsOneSweepers(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.receive("evt_1", "payout.paid", map[string]any{"id": b.ID("po_1"), "object": "payout"})
	b.due()
	due, err := b.Store.DueEvents(t.Context(), b.Clock.Now(), 10)
	require.NoError(t, err)
	require.Len(t, due, 1)
	for range 2 {
		require.NoError(t, b.inbox.Again(t.Context(), due[0]))
	}
	require.Equal(t, 1, b.stored("evt_1").Attempts)
	require.Len(t, b.Signals(workflows.PayoutWorkflowID(b.ID("po_1"))), 1)
}

// What one event meets does not stop the others of a sweep.
func TestSweepPassesOverWhatItCannotRead(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	_, err := b.Store.ReceiveEvent(t.Context(), store.Event{
		ID: "evt_0", Type: "payout.paid", ObjectID: b.ID("po_0"), Created: time.Now().UTC(), Payload: []byte(`{}`),
	}, "", 0)
	require.NoError(t, err)
	b.receive("evt_1", "payout.paid", map[string]any{"id": b.ID("po_1"), "object": "payout"})
	b.due()
	require.Equal(t, 2, sweep(t, b.inbox))
	unreadable := b.stored("evt_0")
	require.Equal(t, store.EventFailed, unreadable.State)
	require.Equal(t, 1, unreadable.Attempts)
	require.NotEmpty(t, unreadable.LastError)
	b.requireTold(workflows.PayoutWorkflowID(b.ID("po_1")), "evt_1")
}

// An event that is handed on twice, by its request and by the sweeper, is signalled twice: the workflow passes over what it knows.
func TestEventIsSweptUntilItIsProcessed(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	event, _ := b.receive("evt_1", "payout.paid", map[string]any{"id": b.ID("po_1"), "object": "payout"})
	require.NoError(t, b.inbox.Process(t.Context(), event, 0))
	b.due()
	require.Equal(t, 1, sweep(t, b.inbox), "told, and nothing recorded of it")
	require.Len(t, b.Signals(workflows.PayoutWorkflowID(b.ID("po_1"))), 2)
	require.NoError(t, b.Store.MarkEventProcessed(t.Context(), "evt_1", ""))
	b.requireNothingToSweep()
}

// So many events at once take all hands: the next one is left to the sweeper, with nothing tried, and none is lost.
func TestEventThatFindsAllHandsFullIsLeftToTheSweeper(t *testing.T) {
	t.Parallel()
	const hands = 32
	b := newBox(t)
	var events []inbox.Event
	var deliveries []inbox.Delivery
	for i := range hands + 1 {
		event, err := inbox.Parse(body(fmt.Sprintf("evt_%02d", i), "payout.paid",
			map[string]any{"id": b.ID(fmt.Sprintf("po_%02d", i)), "object": "payout"}), false)
		require.NoError(t, err)
		delivery, err := b.inbox.Deliver(t.Context(), event)
		require.NoError(t, err)
		require.False(t, delivery.Processed)
		events, deliveries = append(events, event), append(deliveries, delivery)
	}
	for i := range deliveries { // each has taken its hand before, or has not found one
		deliveries[i].HandOn(t.Context())
	}
	b.inbox.Wait()
	for i, event := range events[:hands] {
		b.requireTold(workflows.PayoutWorkflowID(b.ID(fmt.Sprintf("po_%02d", i))), event.ID)
	}
	left := b.stored(events[hands].ID)
	require.Equal(t, store.EventReceived, left.State)
	require.Zero(t, left.Attempts)
	require.Zero(t, sweep(t, b.inbox), "not yet")
	b.due()
	require.Equal(t, hands+1, sweep(t, b.inbox))
	b.requireTold(workflows.PayoutWorkflowID(b.ID(fmt.Sprintf("po_%02d", hands))), left.ID)
}

// A webhook is answered once its workflow is notified. It does not wait for long, and those after it wait no more until a workflow was
// notified again: the stored events are enough.
func TestAnswerWaitsForTheWorkflowAndNotForLong(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	event, processed := b.receive("evt_1", "payout.paid", map[string]any{"id": b.ID("po_1"), "object": "payout"})
	require.False(t, processed)
	deliver := func() inbox.Delivery {
		delivery, err := b.inbox.Deliver(t.Context(), event)
		require.NoError(t, err)
		require.False(t, delivery.Processed)
		return delivery
	}
	first, second := deliver(), deliver()
	stalls, err := b.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	var id uint64
	require.NoError(t, stalls.QueryRowContext(t.Context(), "SELECT id FROM stripe_events ORDER BY id DESC LIMIT 1 FOR UPDATE").Scan(&id))
	b.inbox.SetAnswerPatience(time.Millisecond)
	first.HandOn(t.Context())
	b.inbox.SetAnswerPatience(time.Hour)
	second.HandOn(t.Context())
	require.Equal(t, store.EventReceived, b.stored("evt_1").State, "both attempts wait for the row")
	require.NoError(t, stalls.Rollback())
	b.inbox.Wait()
	require.Len(t, b.Signals(workflows.PayoutWorkflowID(b.ID("po_1"))), 1, "both deliveries are of one attempt")
	third := deliver()
	third.HandOn(t.Context())
	require.Len(t, b.Signals(workflows.PayoutWorkflowID(b.ID("po_1"))), 2, "notified before the answer")
}

// An event that its workflow received twelve times and never recorded has failed: the inbox says so and names the workflow, and an
// error in the log, once, calls for an operator. An operator may ignore it, with a note, or have it tried again.
func TestEventThatIsNeverRecordedFails(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	var log testkit.Buffer
	in := inbox.New(b.Store, b.Dispatch, b.client, interval, slog.New(slog.NewTextHandler(&log, nil)))
	b.receive("evt_1", "payout.paid", map[string]any{"id": b.ID("po_1"), "object": "payout"})
	for range store.MaxEventAttempts {
		b.due()
		require.Equal(t, 1, sweep(t, in))
		require.Equal(t, store.EventProcessing, b.stored("evt_1").State)
	}
	require.Empty(t, b.stored("evt_1").LastError)
	require.Zero(t, sweep(t, in), "its last pause is not over")
	require.Equal(t, store.EventProcessing, b.stored("evt_1").State)
	b.due()
	for range 3 {
		require.Zero(t, sweep(t, in))
	}
	failed := b.stored("evt_1")
	require.Equal(t, store.EventFailed, failed.State)
	require.Contains(t, failed.LastError,
		"handed on 12 times, and its workflow never recorded it: see "+workflows.PayoutWorkflowID(b.ID("po_1")))
	require.Equal(t, 1, strings.Count(log.String(), "level=ERROR"), log.String())
	listed, err := b.Store.Events(t.Context(), store.EventFilter{State: store.EventFailed, Limit: 10})
	require.NoError(t, err)
	require.Len(t, listed, 1)

	require.NoError(t, b.Store.IgnoreEvent(t.Context(), "evt_1", "a payout of the old account", testdb.Tester, time.Now().UTC()))
	ignored := b.stored("evt_1")
	require.Equal(t, store.EventIgnored, ignored.State)
	require.True(t, ignored.Processed)
	require.Equal(t, "a payout of the old account", ignored.Note)
	require.Equal(t, "was failed", b.Text(t, "SELECT detail FROM audit_log WHERE action = 'event.ignore' AND subject = 'evt_1'"))
	b.requireNothingToSweep()
	_, err = b.Store.RetryEvent(t.Context(), "evt_1", testdb.Tester, time.Now().UTC())
	require.NoError(t, err)
	require.Equal(t, 1, sweep(t, in))
}

// An event of a connected account that an operator has tried again is set aside again: it is about nobody of ours.
func TestEventOfAConnectedAccountStaysSetAside(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	raw := []byte(strings.Replace(string(body("evt_1", "payout.paid", map[string]any{"id": b.ID("po_1"), "object": "payout"})),
		`"object":"event"`, `"object":"event","account":"acct_1Connected"`, 1))
	event, err := inbox.Parse(raw, false)
	require.NoError(t, err)
	processed, err := b.inbox.Receive(t.Context(), event)
	require.NoError(t, err)
	require.True(t, processed)
	_, err = b.Store.RetryEvent(t.Context(), "evt_1", testdb.Tester, time.Now().UTC())
	require.NoError(t, err)
	require.Equal(t, 1, sweep(t, b.inbox))
	require.Equal(t, store.EventNotOurs, b.stored("evt_1").State)
	require.False(t, b.Started(workflows.PayoutWorkflowID(b.ID("po_1"))))
	require.ErrorIs(t, b.Store.IgnoreEvent(t.Context(), "evt_none", "x", testdb.Tester, time.Now().UTC()), store.ErrNotFound)
}
