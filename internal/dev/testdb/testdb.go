// Package testdb gives each test its own schema on a real MariaDB or MySQL, and its own application user with the rights of
// production. `make test` starts the server. It imports access, reconciliation, store, store/proof, store/recon,
// migrations and internal/clock.
package testdb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/clock"
	"farebook/migrations"
	"farebook/store"
	"farebook/store/proof"
)

// DB is one test's database.
type DB struct {
	Name     string // of the schema, and of its user
	AdminDSN string // with all rights
	AppDSN   string // with the application's rights
	Store    *store.Store
	Clock    *clock.Movable // the store's
	SQL      *sql.DB        // as the administrator, to read rows and to corrupt them

	server string // the administrator's DSN without a database
}

// New creates a schema as all migrations make it, and its user, and drops both when the test ends.
func New(t testing.TB) *DB {
	t.Helper()
	db := Empty(t)
	templateOf(t, db.server).fill(t, db)
	return migrated(t, db)
}

// On is New on a server that the test has started for itself, such as to stop it.
func On(t testing.TB, adminDSN string) *DB {
	t.Helper()
	return migrated(t, EmptyOn(t, adminDSN))
}

func migrated(t testing.TB, db *DB) *DB {
	t.Helper()
	require.NoError(t, migrations.Up(t.Context(), db.AdminDSN, db.AppDSN))
	db.Open(t)
	return db
}

// Open opens the store of a migrated schema and closes it when the test ends.
func (db *DB) Open(t testing.TB) {
	t.Helper()
	books, err := store.Open(t.Context(), db.AppDSN, db.Clock, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, books.Close()) })
	db.Store = books
}

// Fill completes rows of older releases as `starter migrate` does.
func (db *DB) Fill(t testing.TB) {
	t.Helper()
	_, err := db.Store.AdoptAPIKeys(t.Context())
	require.NoError(t, err)
	require.NoError(t, migrations.Runner{AdminDSN: db.AdminDSN, AppDSN: db.AppDSN}.Fill(t.Context()))
}

// Empty returns a schema that does not exist yet, for tests of migrations.
func Empty(t testing.TB) *DB {
	t.Helper()
	server := os.Getenv("FAREBOOK_TEST_MYSQL_DSN")
	require.NotEmpty(t, server, "no database server: run `make test`, or set FAREBOOK_TEST_MYSQL_DSN to an administrator's DSN ending in /")
	return EmptyOn(t, server)
}

// EmptyOn is Empty on another server than the tests share, by an administrator's DSN that ends in /.
func EmptyOn(t testing.TB, server string) *DB {
	t.Helper()
	admin, err := mysql.ParseDSN(server)
	require.NoError(t, err)
	db := &DB{Name: "fb_" + random(), Clock: &clock.Movable{}, server: server}
	admin.DBName = db.Name
	admin.ParseTime = true
	db.AdminDSN = admin.FormatDSN()
	app := admin.Clone()
	app.User, app.Passwd = db.Name, random()
	db.AppDSN = app.FormatDSN()
	db.SQL, err = sql.Open("mysql", wholeTexts(admin).FormatDSN())
	require.NoError(t, err)
	t.Cleanup(func() { db.drop(t) })
	return db
}

// wholeTexts keeps MySQL from cutting what GROUP_CONCAT returns at 1,024 bytes, its default: a test would compare less than it asks for.
func wholeTexts(admin *mysql.Config) *mysql.Config {
	whole := admin.Clone()
	if whole.Params == nil {
		whole.Params = map[string]string{}
	}
	whole.Params["group_concat_max_len"] = "67108864"
	return whole
}

// Create creates a schema that does not exist yet, without tables.
func (db *DB) Create(t testing.TB) {
	t.Helper()
	admin, err := sql.Open("mysql", db.server)
	require.NoError(t, err)
	_, err = admin.ExecContext(t.Context(), "CREATE DATABASE "+db.Name+" CHARACTER SET utf8mb4")
	require.NoError(t, err)
	require.NoError(t, admin.Close())
}

func (db *DB) drop(t testing.TB) {
	ctx := context.WithoutCancel(t.Context())
	admin, err := sql.Open("mysql", db.server)
	require.NoError(t, err)
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + db.Name, "DROP USER IF EXISTS " + db.Name + "@'%'"} {
		_, err := admin.ExecContext(ctx, statement)
		require.NoError(t, err)
	}
	require.NoError(t, admin.Close())
	require.NoError(t, db.SQL.Close())
}

// AtNoon moves the clock to noon of the next day, in UTC, for a test of what happens once a day: no midnight comes within it.
func (db *DB) AtNoon() { db.Clock.AdvanceTo(access.DayOf(db.Clock.Now()).Add(36 * time.Hour)) }

// Tester is the actor of changes that tests make.
var Tester = access.Actor{Name: "tester@localhost", CorrelationID: "test-0001"}

// Shop has the scopes of a client that sells; Reconciler has those and the scopes of reconciliation.
var (
	Shop       = access.Scopes{access.BookingsRead, access.BookingsWrite, access.RefundsWrite}
	Reconciler = access.Scopes{
		access.BookingsRead, access.BookingsWrite, access.RefundsWrite, access.ReconciliationRead,
		access.ReconciliationWrite,
	}
)

// NewKey creates an API key of the named client and returns its token. It creates the client if there is none of that name. Without
// scopes, the key has those of Reconciler.
func (db *DB) NewKey(t testing.TB, client string, scopes ...access.Scope) string {
	t.Helper()
	owner, err := db.Store.Client(t.Context(), client)
	if errors.Is(err, store.ErrNotFound) {
		owner, err = db.Store.CreateClient(t.Context(), client, Tester)
	}
	require.NoError(t, err)
	if len(scopes) == 0 {
		scopes = Reconciler
	}
	_, token, err := db.Store.CreateAPIKey(t.Context(), store.NewAPIKey{ClientID: owner.ID, Scopes: scopes}, Tester)
	require.NoError(t, err)
	return token
}

// Caller returns the caller that a token authenticates.
func (db *DB) Caller(t testing.TB, token string) store.Caller {
	t.Helper()
	caller, err := db.Store.Authenticate(t.Context(), token)
	require.NoError(t, err)
	return caller
}

// Promises proves the promises of the books over all tables.
func (db *DB) Promises(t testing.TB) []proof.Promise {
	t.Helper()
	proven, err := proof.New(db.Store).Whole(t.Context(), proof.Options{Restart: true})
	require.NoError(t, err)
	return proven.Promises
}

// Exec runs a statement as the administrator.
func (db *DB) Exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	_, err := db.SQL.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err)
}

// Count returns the single number that a query selects.
func (db *DB) Count(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), query, args...).Scan(&n))
	return n
}

// Checksum returns the CHECKSUM TABLE of a table, which changes with its rows.
func (db *DB) Checksum(t testing.TB, table string) string {
	t.Helper()
	var name, sum string
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), "CHECKSUM TABLE "+table).Scan(&name, &sum))
	return sum
}

// Digest is a fingerprint of a table's rows: of all columns but updated_at, which a recorder also writes when it reads an object again and
// finds it unchanged.
func (db *DB) Digest(t testing.TB, table string) string {
	t.Helper()
	columns := db.Texts(t, `SELECT CONCAT('COALESCE(HEX(', column_name, '), ''null'')') FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name = ? AND column_name <> 'updated_at' ORDER BY ordinal_position`, table)
	return db.Text(t, "SELECT CONCAT(COUNT(*), '/', COALESCE(SUM(CRC32(CONCAT_WS('|', "+strings.Join(columns, ", ")+"))), 0)) FROM "+table)
}

// Texts returns the column of texts that a query selects.
func (db *DB) Texts(t testing.TB, query string, args ...any) (texts []string) {
	t.Helper()
	rows, err := db.SQL.QueryContext(t.Context(), query, args...)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		texts = append(texts, text)
	}
	require.NoError(t, rows.Err())
	return texts
}

// Text returns the single text that a query selects.
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
