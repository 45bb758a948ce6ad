package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/ledger"
	"farebook/store"
	"farebook/store/recon"
)

// Two clients have more keys than one statement compares. Each key that both have used is found, at the edges of the pages as well, and
// the newer row of it is renamed.
func TestMergeComparesKeysInPages(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	other := b.Caller(t, b.NewKey(t, "other"))
	into, from := b.clientNamed("test"), b.clientNamed("other")
	const keys = 4001
	twins := map[string]bool{}
	for _, i := range []int{0, 1, 1998, 1999, 2000, 2001, 3999, 4000} {
		twins[fmt.Sprintf("key-%05d", i)] = true
	}
	var rows [][]any
	add := func(by store.Caller, key string) {
		resource := fmt.Sprintf("%d %s", by.ClientID, key)
		rows = append(rows, []any{len(rows) + 1, by.KeyID, by.ClientID, key, make([]byte, 32), "create-booking", resource, plantedAt})
	}
	for i := range keys {
		key := fmt.Sprintf("key-%05d", i)
		if twins[key] && i%2 == 0 { // of these, the client that stays has the older one
			add(b.caller, key)
		}
		add(other, key)
		if twins[key] && i%2 == 1 {
			add(b.caller, key)
		}
	}
	b.plant("idempotency_keys", "id, api_key_id, client_id, idempotency_key, request_sha256, operation, resource, created_at", rows)
	plan, err := b.Store.PlanMerge(t.Context(), into, from)
	require.NoError(t, err)
	require.Len(t, plan.Collisions, len(twins))
	done, err := b.Store.MergeClients(t.Context(), into, from, testdb.Tester)
	require.NoError(t, err)
	require.Equal(t, plan.Collisions, done.Collisions)
	require.EqualValues(t, keys, done.IdempotencyKeys)
	for _, collision := range done.Collisions {
		require.True(t, twins[collision.Key], collision.Key)
		for key, resource := range map[string]string{collision.Key: collision.Kept, collision.RenamedTo: collision.Renamed} {
			require.Equal(t, resource, b.Text(t, "SELECT resource FROM idempotency_keys WHERE client_id = ? AND idempotency_key = ?",
				into.ID, key))
		}
	}
	require.Equal(t, len(rows), b.Count(t, "SELECT COUNT(*) FROM idempotency_keys WHERE client_id = ?", into.ID))
}

// The inbox is counted in ranges of ids, of which some have nothing to reduce, or no row at all.
func TestUnscrubbedEventsAreCountedInRanges(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	requireUnscrubbed := func(count int64, first, last uint64) {
		t.Helper()
		gotCount, gotFirst, gotLast, err := b.Store.UnscrubbedEvents(t.Context())
		require.NoError(t, err)
		require.Equal(t, []any{count, first, last}, []any{gotCount, gotFirst, gotLast})
	}
	requireUnscrubbed(0, 0, 0)
	var rows [][]any
	for id, form := range map[int]store.PayloadForm{
		5: store.PayloadReduced, 6: store.PayloadAsDelivered, 10_004: store.PayloadAsDelivered, 10_005: store.PayloadAsDelivered,
		45_000: store.PayloadAsDelivered, 60_000: store.PayloadReduced,
	} {
		rows = append(rows, []any{id, fmt.Sprintf("evt_%d", id), "x", "", "o", false, "", "{}", form, plantedAt, plantedAt})
	}
	b.plant("stripe_events", "id, stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, payload_form, "+
		"stripe_created_at, received_at", rows)
	requireUnscrubbed(4, 6, 45_000)
	b.Exec(t, "UPDATE stripe_events SET payload_form = ?", store.PayloadReduced)
	requireUnscrubbed(0, 0, 0)
}

// A run that ends removes its scratch rows, and those of runs that had ended when a worker still wrote them.
func TestEndOfARunRemovesScratchRowsOfRunsThatHaveEnded(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	var rows [][]any
	for id, status := range map[int]string{1: recon.RunFailed, 2: recon.RunRunning, 3: recon.RunCompleted, 4: recon.RunRunning} {
		rows = append(rows, []any{id, fmt.Sprintf("recon_%d", id), "all", false, 7, 0, status, plantedAt, plantedAt, plantedAt})
	}
	b.plant("reconciliation_runs", "id, correlation_id, scope, dry_run, lookback_days, payment_limit, status, window_start, window_end, "+
		"started_at", rows)
	runs := recon.New(b.Store)
	for _, id := range []uint64{1, 2, 4} {
		require.NoError(t, runs.MarkSeen(t.Context(), id, []string{"txn_1", "txn_2"}))
	}
	require.NoError(t, runs.EndRun(t.Context(), recon.Run{ID: 4, Status: recon.RunCompleted}))
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM reconciliation_seen WHERE run_id = 2"), "it is still running")
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM reconciliation_seen"))
}

// The books are not opened after a transaction on the clearing account, by Stripe's date, or by that of the posting where an older release
// has written no other. Transactions that leave that account as it is do not count.
func TestOpeningIsRefusedAfterTheFirstTransactionOnTheClearingAccount(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	for i, planted := range []struct {
		posted, effective any
		account           string
	}{
		{plantedAt, plantedAt.AddDate(0, 0, -9), "expense:chargebacks"},
		{plantedAt, plantedAt.AddDate(0, 0, -3), "asset:stripe_clearing"},
		{plantedAt.AddDate(0, 0, -5), nil, "asset:stripe_clearing"},
	} {
		b.plant("financial_ledger", "id, type, stripe_object_id, stripe_balance_transaction_id, description, posted_at, effective_at",
			[][]any{{i + 1, "payment", fmt.Sprint(i), fmt.Sprintf("txn_%d", i), "planted", planted.posted, planted.effective}})
		b.plant("ledger_entries", "ledger_id, account, side, amount, currency", [][]any{{i + 1, planted.account, "debit", 1, "USD"}})
	}
	for days, refusal := range map[int]string{10: "", 6: "", 4: "txn_2", 1: "txn_2"} {
		err := b.Store.CheckOpening(t.Context(), store.OpeningBalance{Opening: ledger.Opening{At: plantedAt.AddDate(0, 0, -days)}})
		if refusal == "" {
			require.NoError(t, err, "%d days before", days)
			continue
		}
		require.ErrorContains(t, err, refusal)
	}
	b.Exec(t, "UPDATE financial_ledger SET effective_at = ? WHERE id = 3", plantedAt.Add(time.Hour))
	require.ErrorContains(t, b.Store.CheckOpening(t.Context(), store.OpeningBalance{Opening: ledger.Opening{At: plantedAt}}), "txn_1")
	require.NoError(t, b.Store.CheckOpening(t.Context(), store.OpeningBalance{Opening: ledger.Opening{At: plantedAt.AddDate(0, 0, -3)}}))
}

// A booking that is taken over is found by both of its names; one of them alone is that of another booking.
func TestImportIsKnownByBothNamesOrRefused(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.plantBookings(3)
	b.plant("payments", "booking_id, stripe_payment_intent_id, status, amount, currency, created_at, updated_at", [][]any{
		{1, "pi_1", "succeeded", 1, "USD", plantedAt, plantedAt},
		{2, "pi_2", "succeeded", 1, "USD", plantedAt, plantedAt},
		{3, "pi_3", "succeeded", 1, "USD", plantedAt, plantedAt},
	})
	b.plant("imported_bookings", "booking_id, earlier_reference, imported_at", [][]any{{1, "old-1", plantedAt}, {2, "old-2", plantedAt}})
	for _, names := range []struct{ earlier, intent, refusal string }{
		{"old-1", "pi_1", ""},
		{"old-1", "pi_9", "reference is that of booking FB-00000001, whose PaymentIntent is pi_1"},
		{"old-9", "pi_1", "payment_intent is that of booking FB-00000001"},
		{"old-1", "pi_2", "of booking FB-0000000"},
		{"old-9", "pi_3", "payment_intent is that of booking FB-00000003"}, // taken here
	} {
		known, err := b.Store.KnownImport(t.Context(), names.earlier, names.intent)
		if names.refusal != "" {
			require.ErrorContains(t, err, names.refusal)
			continue
		}
		require.NoError(t, err)
		require.True(t, known.Known)
		require.EqualValues(t, "FB-00000001", known.Booking.Reference)
	}
	_, err := b.Store.KnownImport(t.Context(), "old-9", "pi_9")
	require.ErrorIs(t, err, store.ErrNotFound)
}
