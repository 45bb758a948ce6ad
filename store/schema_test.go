package store_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/migrations"
	"farebook/store"
)

// A release that finds an older schema says so at once, instead of failing each statement with an unknown column; migrated, it opens.
func TestSchemaOfAnOlderReleaseIsRefused(t *testing.T) {
	t.Parallel()
	db := testdb.Empty(t)
	versions, err := migrations.Versions()
	require.NoError(t, err)
	before, need := versions[len(versions)-2], versions[len(versions)-1]
	open := func() error {
		books, err := store.Open(t.Context(), db.AppDSN, db.Clock, slog.New(slog.DiscardHandler))
		if err == nil {
			require.NoError(t, books.Close())
		}
		return err
	}
	require.NoError(t, migrations.UpTo(t.Context(), db.AdminDSN, db.AppDSN, before))
	var behind *store.SchemaBehindError
	require.ErrorAs(t, open(), &behind)
	require.Equal(t, store.SchemaBehindError{Have: before, Need: need}, *behind)
	require.ErrorContains(t, behind, "run `starter migrate`")

	// Older releases gave the application no right to read which migrations are applied.
	db.Exec(t, "REVOKE SELECT ON goose_db_version FROM "+db.Name+"@'%'")
	require.ErrorAs(t, open(), &behind)
	require.Equal(t, store.SchemaBehindError{Need: need}, *behind)
	require.ErrorContains(t, behind, "is not migrated")

	require.NoError(t, migrations.Up(t.Context(), db.AdminDSN, db.AppDSN))
	require.NoError(t, open())
	db.Exec(t, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, TRUE)", need+1)
	require.NoError(t, open(), "the previous release runs on the schema of the next one")
}
