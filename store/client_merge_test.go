package store_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/store"
)

// clientNamed finds a client.
func (b books) clientNamed(name string) store.Client {
	b.t.Helper()
	found, err := b.Store.Client(b.t.Context(), name)
	require.NoError(b.t, err)
	return found
}

// Merging joins keys, bookings and idempotency keys. Of a key that both used the older request keeps it; the newer one is
// listed, kept under a key that names where it came from, and can make nothing again under either.
func TestMergeKeepsTheOlderKeyAndLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	other := b
	other.caller = b.Caller(t, b.NewKey(t, "other", testdb.Shop...))
	mine := func(who books, key string, hash byte) booking.Reference {
		reservation, err := who.reserve(key, hash)
		require.NoError(t, err)
		return reservation.Booking.Reference
	}
	older := mine(b, "both-1", 1)
	newer := mine(other, "both-1", 1)
	theirsFirst := mine(other, "both-2", 2)
	ours := mine(b, "both-2", 9)
	alone := mine(other, "alone", 3)
	into, from := b.clientNamed("test"), b.clientNamed("other")

	plan, err := b.Store.PlanMerge(t.Context(), into, from)
	require.NoError(t, err)
	require.EqualValues(t, []int64{1, 3, 3}, []int64{plan.Keys, plan.Bookings, plan.IdempotencyKeys})
	require.Len(t, plan.Collisions, 2)
	require.Equal(t, 3, b.Count(t, "SELECT COUNT(*) FROM bookings WHERE client_id = ?", from.ID), "a plan changes nothing")

	done, err := b.Store.MergeClients(t.Context(), into, from, testdb.Tester)
	require.NoError(t, err)
	require.Equal(t, plan.Collisions, done.Collisions, "what was planned is what was done")
	require.Equal(t, []string{string(older), string(newer)}, []string{done.Collisions[0].Kept, done.Collisions[0].Renamed})
	require.Equal(t, []string{string(theirsFirst), string(ours)}, []string{done.Collisions[1].Kept, done.Collisions[1].Renamed})
	require.Regexp(t, `^`+from.ClientID+`/\d+/both-1$`, done.Collisions[0].RenamedTo)
	require.Regexp(t, `^`+into.ClientID+`/\d+/both-2$`, done.Collisions[1].RenamedTo)

	require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM bookings WHERE client_id <> ?", into.ID))
	require.Equal(t, 5, b.Count(t, "SELECT COUNT(*) FROM idempotency_keys WHERE client_id = ?", into.ID))
	token := other
	token.caller = b.Caller(t, b.NewKey(t, "test"))
	for _, reference := range []booking.Reference{older, newer, theirsFirst, ours, alone} {
		_, err := b.Store.BookingOf(t.Context(), token.caller.Owner, reference)
		require.NoError(t, err)
	}
	require.Equal(t, older, mine(token, "both-1", 1), "the older request is answered")
	require.Equal(t, theirsFirst, mine(token, "both-2", 2))
	require.Equal(t, alone, mine(token, "alone", 3))
	require.Equal(t, newer, mine(token, done.Collisions[0].RenamedTo, 1), "and so is the newer one under its own key")
	_, err = token.reserve("both-2", 9)
	var conflict *store.IdempotencyConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, 5, b.Count(t, "SELECT COUNT(*) FROM bookings"), "nothing was made again")

	again, err := b.Store.MergeClients(t.Context(), into, b.clientNamed("other"), testdb.Tester)
	require.NoError(t, err)
	require.Zero(t, again.Keys+again.Bookings+again.IdempotencyKeys+int64(len(again.Collisions)))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'client.merge'"))
}

// A merge that died after any of its steps leaves both clients' rows visible to the keys of both, and the next run ends it.
func TestMergeThatDiedHalfwayShowsEverythingAndIsFinished(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	other := b
	token := b.NewKey(t, "other", testdb.Shop...)
	other.caller = b.Caller(t, token)
	first, err := other.reserve("both", 1)
	require.NoError(t, err)
	_, err = b.reserve("both", 1)
	require.NoError(t, err)
	into, from := b.clientNamed("test"), b.clientNamed("other")
	// As the first step leaves it: keys and clients are joined, rows are not.
	b.Exec(t, "UPDATE api_keys SET client_id = ? WHERE client_id = ?", into.ID, from.ID)
	b.Exec(t, "UPDATE api_clients SET merged_into = ? WHERE id = ?", into.ID, from.ID)
	other.caller = b.Caller(t, token)
	_, err = b.Store.BookingOf(t.Context(), other.caller.Owner, first.Booking.Reference)
	require.NoError(t, err)
	again, err := other.reserve("both", 1)
	require.NoError(t, err)
	require.Equal(t, first.Booking.Reference, again.Booking.Reference, "the older one counts at once")
	done, err := b.Store.MergeClients(t.Context(), into, b.clientNamed("other"), testdb.Tester)
	require.NoError(t, err)
	require.EqualValues(t, 1, done.Bookings)
	require.Len(t, done.Collisions, 1)
	again, err = other.reserve("both", 1)
	require.NoError(t, err)
	require.Equal(t, first.Booking.Reference, again.Booking.Reference)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM bookings WHERE client_id = ?", into.ID))
}

func TestWhatCannotBeMerged(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	for _, name := range []string{"a", "b"} {
		b.NewKey(t, name)
	}
	_, err := b.Store.MergeClients(t.Context(), b.clientNamed("test"), b.clientNamed("a"), testdb.Tester)
	require.NoError(t, err)
	for want, pair := range map[string][2]string{
		"with itself":      {"test", "test"},
		"name that client": {"a", "b"},
		"merged into":      {"b", "a"},
	} {
		_, err := b.Store.PlanMerge(t.Context(), b.clientNamed(pair[0]), b.clientNamed(pair[1]))
		require.ErrorContains(t, err, want, pair)
	}
	_, _, err = b.Store.CreateAPIKey(t.Context(), store.NewAPIKey{ClientID: b.clientNamed("a").ID, Scopes: testdb.Shop}, testdb.Tester)
	require.ErrorContains(t, err, "takes no new keys")
}

// An operator who has locked a client out is not undone by a merge, and one that is locked out takes no keys over that are in use.
func TestMergeLetsNoDisabledKeyInAgain(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	leaked := b.NewKey(t, "leaky", testdb.Shop...)
	into, from := b.clientNamed("test"), b.clientNamed("leaky")
	require.NoError(t, b.Store.DisableClient(t.Context(), from.ID, true, testdb.Tester))
	var refused *store.NotMergeableError
	for _, before := range []store.Client{b.clientNamed("leaky"), from} { // from was read before it was disabled
		_, err := b.Store.MergeClients(t.Context(), into, before, testdb.Tester)
		require.ErrorAs(t, err, &refused)
		require.ErrorContains(t, err, "let in again")
	}
	_, err := b.Store.PlanMerge(t.Context(), into, b.clientNamed("leaky"))
	require.ErrorAs(t, err, &refused)
	_, err = b.Store.PlanMerge(t.Context(), b.clientNamed("leaky"), into)
	require.ErrorContains(t, err, "enable it first")
	_, err = b.Store.Authenticate(t.Context(), leaked)
	require.ErrorIs(t, err, store.ErrNotFound)

	keys, err := b.Store.APIKeys(t.Context(), store.APIKeyFilter{ClientID: from.ID, Limit: 10})
	require.NoError(t, err)
	require.NoError(t, b.Store.RevokeAPIKey(t.Context(), keys[0].KeyID, testdb.Tester))
	_, err = b.Store.MergeClients(t.Context(), into, from, testdb.Tester)
	require.NoError(t, err)
	_, err = b.Store.Authenticate(t.Context(), leaked)
	require.ErrorIs(t, err, store.ErrNotFound, "a revoked key stays revoked")
}

// Two operators who merge the same clients each way make no circle: the second one is refused.
func TestOfTwoMergesEachWayTheSecondIsRefused(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.NewKey(t, "other", testdb.Shop...)
	one, other := b.clientNamed("test"), b.clientNamed("other") // both were read before either merge
	_, err := b.Store.MergeClients(t.Context(), one, other, testdb.Tester)
	require.NoError(t, err)
	_, err = b.Store.MergeClients(t.Context(), other, one, testdb.Tester)
	var refused *store.NotMergeableError
	require.ErrorAs(t, err, &refused)
	require.Empty(t, b.clientNamed("test").MergedInto)
}

// MySQL cuts GROUP_CONCAT at 1,024 bytes by default and without an error: a caller of many merged clients would lose some of
// them, and see those of a stranger whose id is the beginning of a longer one.
func TestCallerSeesEveryMergedClientAndNoStranger(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	into := b.clientNamed("test")
	for i := range 300 {
		b.Exec(t, "INSERT INTO api_clients (id, client_id, name, merged_into, created_by, created_at) VALUES (?, ?, ?, ?, '', NOW(6))",
			100_000+i, fmt.Sprintf("cl_%010d", i), fmt.Sprintf("test #%d", i), into.ID)
	}
	small, err := store.Open(t.Context(), b.AppDSN+"&group_concat_max_len=1024", b.Clock, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, small.Close()) })
	caller, err := small.Authenticate(t.Context(), b.NewKey(t, "test"))
	require.NoError(t, err)
	require.Len(t, caller.Merged, 300)
	require.EqualValues(t, []uint64{100_000, 100_299}, []uint64{caller.Merged[0], caller.Merged[299]})
}

// Disabling a client by a name from before its merge would refuse nobody: its keys are the other client's.
func TestMergedClientIsNotDisabledInVain(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	token := b.NewKey(t, "other", testdb.Shop...)
	_, err := b.Store.MergeClients(t.Context(), b.clientNamed("test"), b.clientNamed("other"), testdb.Tester)
	require.NoError(t, err)
	err = b.Store.DisableClient(t.Context(), b.clientNamed("other").ID, true, testdb.Tester)
	var merged *store.ClientMergedError
	require.ErrorAs(t, err, &merged)
	require.ErrorContains(t, err, b.clientNamed("test").ClientID)
	require.NoError(t, b.Store.DisableClient(t.Context(), b.clientNamed("test").ID, true, testdb.Tester))
	_, err = b.Store.Authenticate(t.Context(), token)
	require.ErrorIs(t, err, store.ErrNotFound)
}

// What an older release writes on this schema has no client: it is found by its key at once, and completed by starter migrate.
func TestRowsOfAnOlderReleaseAreFoundAndCompleted(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	for i, name := range []string{"shop", "shop", "reader"} {
		b.Exec(t, "INSERT INTO api_keys (id, name, token_sha256, read_only, operator, created_at) VALUES (?, ?, UNHEX(SHA2(?, 256)), ?, ?, "+
			"NOW(6))",
			100+i, name, fmt.Sprintf("fbk_old%d", i), name == "reader", i == 1)
	}
	b.Exec(t, `INSERT INTO bookings (reference, api_key_id, status, customer_name, customer_email, customer_locale, flight_json, amount, currency,
		hold_expires_at, correlation_id, created_at, updated_at)
		VALUES ('FB-00000000', 100, 'pending_payment', '', '', 'en', '{}', 1, 'USD', NOW(), '', NOW(), NOW())`)
	b.Exec(t, `INSERT INTO idempotency_keys (api_key_id, idempotency_key, request_sha256, booking_id, resource, created_at)
		SELECT 100, 'old', UNHEX(REPEAT('01', 32)), id, reference, NOW() FROM bookings`)
	found := func() {
		old := b
		old.caller = b.Caller(t, "fbk_old0")
		require.Equal(t, testdb.Shop, old.caller.Scopes)
		_, err := b.Store.BookingOf(t.Context(), old.caller.Owner, "FB-00000000")
		require.NoError(t, err)
		claim, err := b.Store.KnownClaim(t.Context(), store.IdempotencyKey{
			Caller: old.caller, Key: "old", Operation: store.OperationCreateBooking, Hash: [32]byte{},
		})
		var conflict *store.IdempotencyConflictError
		require.ErrorAs(t, err, &conflict, "%v", claim)
		_, err = b.Store.BookingOf(t.Context(), b.Caller(t, "fbk_old1").Owner, "FB-00000000")
		require.ErrorIs(t, err, store.ErrNotFound, "a key of the same name is another client until an operator merges them")
	}
	found()
	for range 2 {
		b.Fill(t)
		require.Zero(t, b.Count(t, `SELECT (SELECT COUNT(*) FROM api_keys WHERE client_id IS NULL) + (SELECT COUNT(*) FROM bookings WHERE client_id IS NULL)
			+ (SELECT COUNT(*) FROM idempotency_keys WHERE client_id IS NULL)`))
		found()
	}
	require.Equal(t, "bookings:read", b.Caller(t, "fbk_old2").Scopes.String())
	require.Equal(t, "bookings:read,bookings:write,refunds:write,reconciliation:read,reconciliation:write",
		b.Caller(t, "fbk_old1").Scopes.String())
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM api_clients WHERE name = 'shop'"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM api_clients WHERE name = 'shop #101'"))
}
