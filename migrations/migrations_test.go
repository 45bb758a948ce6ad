package migrations_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"farebook/access"
	"farebook/internal/dev/testdb"
	"farebook/migrations"
)

func TestVersionsAreNumberedWithoutGaps(t *testing.T) {
	t.Parallel()
	versions, err := migrations.Versions()
	require.NoError(t, err)
	next := int64(1)
	for _, version := range versions {
		require.Equal(t, next, version)
		next++
	}
}

// A database that stands at any version comes to the newest, and stays there when migrated again.
func TestFromEachVersionAndTwice(t *testing.T) {
	t.Parallel()
	versions, err := migrations.Versions()
	require.NoError(t, err)
	fresh := testdb.New(t)
	want := columns(t, fresh)
	for _, version := range versions {
		db := testdb.Empty(t)
		require.NoError(t, migrations.UpTo(t.Context(), db.AdminDSN, db.AppDSN, version))
		require.EqualValues(t, version, db.Count(t, "SELECT MAX(version_id) FROM goose_db_version"))
		for range 2 {
			require.NoError(t, migrations.Up(t.Context(), db.AdminDSN, db.AppDSN))
			require.Equal(t, want, columns(t, db), "from version %d", version)
		}
		require.EqualValues(t, versions[len(versions)-1], db.Count(t, "SELECT MAX(version_id) FROM goose_db_version"))
		require.Equal(t, 4, db.Count(t, `SELECT COUNT(*) FROM information_schema.statistics
			WHERE table_schema = DATABASE() AND index_name = 'idx_ledger_unique_stripe_entry' AND non_unique = 0`))
	}
}

// columns is the schema, to compare.
func columns(t *testing.T, db *testdb.DB) []string {
	rows, err := db.SQL.QueryContext(t.Context(), `SELECT CONCAT_WS(' ', table_name, column_name, column_type, is_nullable, collation_name)
		FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var out []string
	for rows.Next() {
		var column string
		require.NoError(t, rows.Scan(&column))
		out = append(out, column)
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, out)
	return out
}

// Replicas of the API may all migrate as they start.
func TestRunnersAtOnce(t *testing.T) {
	t.Parallel()
	db := testdb.Empty(t)
	var runners errgroup.Group
	for range 4 {
		runners.Go(func() error { return migrations.Up(t.Context(), db.AdminDSN, db.AppDSN) })
	}
	require.NoError(t, runners.Wait())
	versions, err := migrations.Versions()
	require.NoError(t, err)
	require.Equal(t, len(versions)+1, db.Count(t, "SELECT COUNT(*) FROM goose_db_version"), "each once, and goose's own zero")
}

func TestOneUserForBothIsRefused(t *testing.T) {
	t.Parallel()
	db := testdb.Empty(t)
	require.ErrorContains(t, migrations.Up(t.Context(), db.AdminDSN, db.AdminDSN), "a separate user")
}

// An image that makes a user with everything on its database, a careless operator: the ledger would not be append-only.
func TestRightsFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	for rights, want := range map[string]string{
		"ALL ON {db}.*":                   "may UPDATE",
		"UPDATE ON {db}.ledger_entries":   "may UPDATE",
		"DELETE ON {db}.financial_ledger": "may DELETE",
		"DROP ON {db}.*":                  "may TRUNCATE and DROP",
		"ALTER ON {db}.*":                 "may ALTER",
	} {
		db := testdb.New(t)
		db.Exec(t, "GRANT "+strings.ReplaceAll(rights, "{db}", db.Name)+" TO "+db.Name+"@'%'")
		err := migrations.Up(t.Context(), db.AdminDSN, db.AppDSN)
		require.ErrorContains(t, err, want, rights)
		require.ErrorContains(t, err, "see SHOW GRANTS")
	}
}

func TestPasswordIsRotated(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	app, err := mysql.ParseDSN(db.AppDSN)
	require.NoError(t, err)
	app.Passwd = `o'ther\ "pass" ü`
	require.NoError(t, migrations.Up(t.Context(), db.AdminDSN, app.FormatDSN()), "the proof logs in with it")
}

func TestWhatIsWrongIsSaidWithoutPasswords(t *testing.T) {
	t.Parallel()
	db := testdb.Empty(t)
	for _, c := range []struct{ admin, app, want string }{
		{db.AdminDSN, "user:hunter2", "DATABASE_DSN is not a DSN"},
		{db.AdminDSN, "user:hunter2@tcp(127.0.0.1:1)/", "DATABASE_DSN names no database"},
		{"root:hunter2", db.AppDSN, "DATABASE_ADMIN_DSN is not a DSN"},
		{"root:hunter2@tcp(127.0.0.1:1)/", db.AppDSN, "create database"},
	} {
		err := migrations.Up(t.Context(), c.admin, c.app)
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// The installation is drawn once: another migration, as after a restore, leaves it as it is, and the application only reads it.
func TestInstallationStaysWhatItIs(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	const identity = "SELECT CONCAT(installation_id, ' ', HEX(secret)) FROM installation WHERE id = 1"
	drawn := db.Text(t, identity)
	require.NoError(t, migrations.Up(t.Context(), db.AdminDSN, db.AppDSN))
	require.Equal(t, drawn, db.Text(t, identity))
	known, err := db.Store.Installation(t.Context())
	require.NoError(t, err)
	require.True(t, access.IsInstallationID(known.ID))
	require.NotEqual(t, drawn, testdb.New(t).Text(t, identity), "another database is another installation")

	app, err := sql.Open("mysql", db.AppDSN)
	require.NoError(t, err)
	defer func() { require.NoError(t, app.Close()) }()
	_, err = app.ExecContext(t.Context(), "UPDATE installation SET secret = 'guessed'")
	require.ErrorContains(t, err, "denied")
}
