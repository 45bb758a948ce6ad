package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testdb"
	"farebook/store"
)

func TestAPersonIsOneClientHoweverOftenItSignsIn(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	dana := store.Person{Issuer: "https://login.example", Subject: "1", Name: "Dana", Role: access.Support}
	keys := make([]string, 8)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			signedIn, err := db.Store.SignIn(t.Context(), dana, "sign-in")
			require.NoError(t, err)
			keys[i] = signedIn.Key
		})
	}
	all.Wait()
	for _, key := range keys {
		require.Equal(t, keys[0], key, "eight first sign-ins at once are one person")
	}
	require.Equal(t, 1, db.Count(t, "SELECT COUNT(*) FROM api_clients"))
	require.Equal(t, len(keys), db.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'console.sign-in'"))

	other := dana
	other.Issuer = "https://other.example"
	other, err := db.Store.SignIn(t.Context(), other, "sign-in")
	require.NoError(t, err)
	require.NotEqual(t, keys[0], other.Key, "a subject of another issuer is somebody else")

	dana.Key, dana.Name = keys[0], "Dana Haddad"
	asks, err := db.Store.CallerOf(t.Context(), dana)
	require.NoError(t, err)
	theOther, err := db.Store.CallerOf(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, "Dana Haddad (console "+keys[0]+")", asks.Actor("1").Name)
	require.Equal(t, access.Support.Scopes(), asks.Scopes)
	require.False(t, asks.Actor("1").Is(theOther.Actor("2")), "two people are two operators")
	require.True(t, asks.Actor("1").Is(asks.Actor("2")))
	require.False(t, asks.Actor("1").Is(access.Actor{Name: "Dana Haddad@bastion"}))
}

func TestAPersonsKeyIsNobodysOverTheNetwork(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	dana := store.Person{Issuer: "https://login.example", Subject: "1", Name: "Dana", Role: access.Finance}
	person, err := db.Store.SignIn(t.Context(), dana, "1")
	require.NoError(t, err)
	key, err := db.Store.APIKey(t.Context(), person.Key)
	require.NoError(t, err)
	require.Equal(t, "revoked", key.State(db.Store.Now()))
	require.Empty(t, key.Scopes)
	_, _, err = db.Store.RotateAPIKey(t.Context(), store.Rotation{KeyID: person.Key, Overlap: time.Hour, By: testdb.Tester}, db.Store.Now())
	require.Error(t, err, "nobody gets a token of the person by replacing the key")

	_, err = db.Store.CallerOf(t.Context(), store.Person{Key: "ak_0000000000"})
	require.ErrorIs(t, err, store.ErrNotFound)
	db.NewKey(t, "shop")
	shops, err := db.Store.APIKeys(t.Context(), store.APIKeyFilter{Limit: 10})
	require.NoError(t, err)
	for _, one := range shops {
		if one.KeyID != person.Key {
			_, err = db.Store.CallerOf(t.Context(), store.Person{Key: one.KeyID, Role: access.Administrator})
			require.ErrorIs(t, err, store.ErrNotFound, "the key of a client stands for nobody else")
		}
	}
	owner, err := db.Store.Client(t.Context(), key.ClientID)
	require.NoError(t, err)
	require.NoError(t, db.Store.DisableClient(t.Context(), owner.ID, true, testdb.Tester))
	_, err = db.Store.CallerOf(t.Context(), person)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestSessionsEndAndAreRemoved(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	now := db.Store.Now()
	for token, lives := range map[string]time.Duration{"short": time.Minute, "long": time.Hour} {
		require.NoError(t, db.Store.KeepSession(t.Context(), token, []byte(token), now.Add(lives)))
		require.NoError(t, db.Store.KeepSession(t.Context(), token, []byte(token+" again"), now.Add(lives)))
	}
	content, found, err := db.Store.Session(t.Context(), "short")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "short again", string(content))
	db.Clock.Advance(2 * time.Minute)
	_, found, err = db.Store.Session(t.Context(), "short")
	require.NoError(t, err)
	require.False(t, found)
	require.NoError(t, db.Store.EndExpiredSessions(t.Context()))
	require.Equal(t, 1, db.Count(t, "SELECT COUNT(*) FROM console_sessions"))
	require.NoError(t, db.Store.EndSession(t.Context(), "long"))
	require.NoError(t, db.Store.EndSession(t.Context(), "long"))
	require.Zero(t, db.Count(t, "SELECT COUNT(*) FROM console_sessions"))
}
