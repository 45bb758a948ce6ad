package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testdb"
	"farebook/store"
)

// secondKey is another key of the caller's client.
func (b books) secondKey(scopes ...access.Scope) (store.APIKey, string) {
	b.t.Helper()
	key, token, err := b.Store.CreateAPIKey(b.t.Context(), store.NewAPIKey{ClientID: b.caller.ClientID, Scopes: scopes}, testdb.Tester)
	require.NoError(b.t, err)
	return key, token
}

// A client's second key finds its bookings, and its idempotency keys stand for what they stood for.
func TestKeysOfAClientShareBookingsAndIdempotencyKeys(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	first, err := b.reserve("key-1", 1)
	require.NoError(t, err)
	_, token := b.secondKey(access.BookingsRead)
	second := b
	second.caller = b.Caller(t, token)
	known, err := b.Store.BookingOf(t.Context(), second.caller.Owner, first.Booking.Reference)
	require.NoError(t, err)
	require.Equal(t, first.Booking.Reference, known.Reference)
	again, err := second.reserve("key-1", 1)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings"))
	_, err = second.reserve("key-1", 2)
	var conflict *store.IdempotencyConflictError
	require.ErrorAs(t, err, &conflict)
}

// Revoking a key ends that key alone, and leaves its client with everything it owns.
func TestRevokingAKeyLeavesTheOthers(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	key, token := b.secondKey(access.BookingsRead)
	for range 2 {
		require.NoError(t, b.Store.RevokeAPIKey(t.Context(), key.KeyID, testdb.Tester))
		_, err := b.Store.Authenticate(t.Context(), token)
		require.ErrorIs(t, err, store.ErrNotFound)
	}
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'api-key.revoke' AND subject = ?", key.KeyID),
		"the second changed nothing")
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM api_keys WHERE revoked_at IS NULL"), "the caller's own")
	require.ErrorIs(t, b.Store.RevokeAPIKey(t.Context(), "ak_0000000000", testdb.Tester), store.ErrNotFound)
}

// Names are compared byte by byte: clients whose names look alike are others.
func TestClientsWhoseNamesLookAlikeAreOthers(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	ids := map[string]bool{}
	for _, name := range []string{"shop", "Shop", "shóp"} {
		made, err := b.Store.CreateClient(t.Context(), name, testdb.Tester)
		require.NoError(t, err)
		ids[made.ClientID] = true
		found, err := b.Store.Client(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, made.ClientID, found.ClientID)
	}
	require.Len(t, ids, 3)
	_, err := b.Store.CreateClient(t.Context(), "shop", testdb.Tester)
	var exists *store.ClientExistsError
	require.ErrorAs(t, err, &exists)
}

func TestKeysEndWithTheirTimeAndWithTheirClient(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	past := time.Now().Add(-time.Second)
	_, expired, err := b.Store.CreateAPIKey(t.Context(), store.NewAPIKey{ClientID: b.caller.ClientID, Scopes: access.All(), ExpiresAt: &past},
		testdb.Tester)
	require.NoError(t, err)
	_, err = b.Store.Authenticate(t.Context(), expired)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, token := b.secondKey(access.BookingsRead)
	for _, disabled := range []bool{true, true, false} {
		require.NoError(t, b.Store.DisableClient(t.Context(), b.caller.ClientID, disabled, testdb.Tester))
		_, err = b.Store.Authenticate(t.Context(), token)
		if disabled {
			require.ErrorIs(t, err, store.ErrNotFound)
			continue
		}
		require.NoError(t, err)
	}
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'client.disable'"))
}

// A rotated key has the client, the scopes and the life of the old one, which ends after the overlap and never later than it
// would have.
func TestRotationKeepsClientScopesAndLife(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	b.Clock.StandAt(now) // the life of a key is counted from its row
	end := now.Add(90 * 24 * time.Hour)
	old, oldToken, err := b.Store.CreateAPIKey(t.Context(), store.NewAPIKey{ClientID: b.caller.ClientID, Scopes: testdb.Shop, ExpiresAt: &end},
		testdb.Tester)
	require.NoError(t, err)
	later := now.Add(80 * 24 * time.Hour)
	fresh, token, err := b.Store.RotateAPIKey(t.Context(), store.Rotation{KeyID: old.KeyID, Overlap: 24 * time.Hour, By: testdb.Tester}, later)
	require.NoError(t, err)
	require.Equal(t, testdb.Shop, fresh.Scopes)
	require.WithinDuration(t, later.Add(90*24*time.Hour), *fresh.ExpiresAt, time.Second)
	ended, err := b.Store.APIKey(t.Context(), old.KeyID)
	require.NoError(t, err)
	require.Equal(t, later.Add(24*time.Hour), ended.ExpiresAt.UTC())
	require.Equal(t, b.Caller(t, oldToken).ClientID, b.Caller(t, token).ClientID, "both are valid")

	_, _, err = b.Store.RotateAPIKey(t.Context(), store.Rotation{KeyID: fresh.KeyID, Overlap: 9999 * time.Hour, By: testdb.Tester}, later)
	require.NoError(t, err)
	ended, err = b.Store.APIKey(t.Context(), fresh.KeyID)
	require.NoError(t, err)
	require.WithinDuration(t, *fresh.ExpiresAt, *ended.ExpiresAt, time.Second, "no overlap makes it longer")

	var over *store.KeyEndedError
	require.NoError(t, b.Store.RevokeAPIKey(t.Context(), old.KeyID, testdb.Tester))
	_, _, err = b.Store.RotateAPIKey(t.Context(), store.Rotation{KeyID: old.KeyID, By: testdb.Tester}, later)
	require.ErrorAs(t, err, &over)
}

// The use of a key is written at most once a minute.
func TestUseOfAKeyIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	key, token := b.secondKey(access.BookingsRead)
	used := func() string {
		return b.Text(t, "SELECT COALESCE(CAST(last_used_at AS CHAR), '') FROM api_keys WHERE key_id = ?", key.KeyID)
	}
	require.Empty(t, used())
	b.Caller(t, token)
	first := used()
	require.NotEmpty(t, first)
	b.Caller(t, token)
	require.Equal(t, first, used())
	b.Clock.Advance(61 * time.Second)
	b.Caller(t, token)
	require.Greater(t, used(), first)
}

func TestTokensAreKeptAsHashes(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	token := b.NewKey(t, "second")
	found, err := b.Store.Authenticate(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, "second", found.ClientName)
	_, err = b.Store.Authenticate(t.Context(), token+"x")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Equal(t, 0, b.Count(t,
		"SELECT COUNT(*) FROM api_keys WHERE token_sha256 LIKE CONCAT('%', ?, '%') OR name LIKE CONCAT('%', ?, '%')", token, token))
}
