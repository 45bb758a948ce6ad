// Package testdb gives each test a schema of its own on a real MariaDB or MySQL, with an application user of its own
// whose rights are those of production. `make test` brings the server.
package testdb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"log/slog"
	"os"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/migrations"
	"farebook/store"
)

// DB is one test's database.
type DB struct {
	Name     string // of the schema, and of its user
	AdminDSN string // may change anything
	AppDSN   string // what the application gets
	Store    *store.Store
	SQL      *sql.DB // as the administrator, to look and to break things
}

// New makes a schema with every migration applied, and drops it with its user when the test ends.
func New(t testing.TB) *DB {
	t.Helper()
	db := Empty(t)
	require.NoError(t, migrations.Up(t.Context(), db.AdminDSN, db.AppDSN))
	books, err := store.Open(t.Context(), db.AppDSN, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, books.Close()) })
	db.Store = books
	return db
}

// Empty names a schema that does not exist yet: for tests of migrations.
func Empty(t testing.TB) *DB {
	t.Helper()
	server := os.Getenv("FAREBOOK_TEST_MYSQL_DSN")
	require.NotEmpty(t, server, "no database server: run `make test`, or set FAREBOOK_TEST_MYSQL_DSN to an administrator's DSN ending in /")
	admin, err := mysql.ParseDSN(server)
	require.NoError(t, err)
	db := &DB{Name: "fb_" + random()}
	admin.DBName = db.Name
	admin.ParseTime = true
	db.AdminDSN = admin.FormatDSN()
	app := admin.Clone()
	app.User, app.Passwd = db.Name, random()
	db.AppDSN = app.FormatDSN()
	db.SQL, err = sql.Open("mysql", db.AdminDSN)
	require.NoError(t, err)
	t.Cleanup(func() { db.drop(t) })
	return db
}

func (db *DB) drop(t testing.TB) {
	ctx := context.WithoutCancel(t.Context())
	admin, err := sql.Open("mysql", os.Getenv("FAREBOOK_TEST_MYSQL_DSN"))
	require.NoError(t, err)
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + db.Name, "DROP USER IF EXISTS " + db.Name + "@'%'"} {
		_, err := admin.ExecContext(ctx, statement)
		require.NoError(t, err)
	}
	require.NoError(t, admin.Close())
	require.NoError(t, db.SQL.Close())
}

// Exec runs a statement as the administrator.
func (db *DB) Exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	_, err := db.SQL.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err)
}

// Count reads one number.
func (db *DB) Count(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), query, args...).Scan(&n))
	return n
}

// Checksum is a fingerprint of a table's rows.
func (db *DB) Checksum(t testing.TB, table string) string {
	t.Helper()
	var name, sum string
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), "CHECKSUM TABLE "+table).Scan(&name, &sum))
	return sum
}

// Text reads one text.
func (db *DB) Text(t testing.TB, query string, args ...any) string {
	t.Helper()
	var text string
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), query, args...).Scan(&text))
	return text
}

func random() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
