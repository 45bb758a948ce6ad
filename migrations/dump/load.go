package dump

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"github.com/go-sql-driver/mysql"

	"farebook/internal/sqlerror"
	"farebook/internal/sqlsession"
	"farebook/migrations"
)

// Loaded is a schema with the content of a dump. Drop removes it.
type Loaded struct {
	// AppDSN names the schema and a user with the rights of the application alone.
	AppDSN string
	// Version is the newest migration that the dump has, and Newest the newest of this program.
	Version, Newest int64
	Statements      int

	admin  *sql.DB
	schema string
}

// skipped are statements that choose another schema, or that only a server's administrator may make.
var skipped = regexp.MustCompile(`(?is)^(USE\s|(/\*!\d+\s+)?(CREATE|DROP)\s+DATABASE\s|(/\*!\d+\s+)?SET\s+@@(GLOBAL|SESSION)\.|` +
	`SET\s+@MYSQLDUMP_TEMP_LOG_BIN)`)

// Load creates a schema of a random name on the server of an administrator, loads a dump into it as a user who has rights on it alone,
// brings it to this program's schema, and makes a user with the application's rights: an error if that user could change the ledger. Drop
// what it returns, also beside an error.
func Load(ctx context.Context, adminDSN string, dump io.Reader) (*Loaded, error) {
	server, err := mysql.ParseDSN(adminDSN)
	if err != nil {
		return nil, errors.New("DATABASE_ADMIN_DSN is not a DSN: want user:password@tcp(host:port)/")
	}
	l := &Loaded{schema: "farebook_check_" + strings.ToLower(rand.Text()[:10])}
	server.DBName = ""
	if l.admin, err = open(server); err != nil {
		return nil, err
	}
	loader := server.Clone()
	loader.User, loader.Passwd, loader.DBName = l.schema, rand.Text(), l.schema
	for _, statement := range []string{
		"CREATE DATABASE " + l.schema + " CHARACTER SET utf8mb4",
		"CREATE USER '" + loader.User + "'@'%' IDENTIFIED BY '" + loader.Passwd + "'", // letters and digits
		"GRANT ALL ON " + l.schema + ".* TO '" + loader.User + "'@'%'",
	} {
		if _, err := l.admin.ExecContext(ctx, statement); err != nil {
			return l, fmt.Errorf("prepare a schema on the server of DATABASE_ADMIN_DSN: %w", withoutText(err))
		}
	}
	if err := l.fill(ctx, loader, dump); err != nil {
		return l, err
	}
	return l, l.finish(ctx, server)
}

// ContentError is about the dump: it is cut off or not one of the books, or the server refuses what it has. Any other error of Load says
// nothing about the dump.
type ContentError struct{ error }

func (e *ContentError) Unwrap() error { return e.error }

// aboutDump reports whether an error says something about the dump: neither its file nor the server nor whoever has started the check is
// the reason.
func aboutDump(err error) bool {
	var file *fs.PathError
	return !sqlerror.Unavailable(err) && !errors.As(err, &file)
}

// ofContent makes an error one about the dump, if it is; nil stays nil.
func ofContent(err error) error {
	if err == nil || !aboutDump(err) {
		return err
	}
	return &ContentError{err}
}

// withoutText keeps the number of an error of the server: its text may quote the statement, which has a password.
func withoutText(err error) error {
	if number := sqlerror.Number(err); number != 0 {
		return fmt.Errorf("error %d of the server", number)
	}
	return err
}

func open(config *mysql.Config) (*sql.DB, error) {
	config = config.Clone()
	config.MaxAllowedPacket = 0 // as the server says
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_ADMIN_DSN: %w", err)
	}
	return sql.OpenDB(sqlsession.Unlimited(connector)), nil
}

// fill executes the dump on one connection, because it sets variables of the session.
func (l *Loaded) fill(ctx context.Context, loader *mysql.Config, dump io.Reader) (err error) {
	db, err := open(loader)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect to the schema for the check: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for statement, err := range Statements(dump) {
		if err != nil {
			return ofContent(err)
		}
		if skipped.Match(statement) {
			continue
		}
		l.Statements++
		if _, err := conn.ExecContext(ctx, string(statement)); err != nil {
			return shortened(fmt.Sprintf("statement %d of the dump", l.Statements), err)
		}
	}
	return nil
}

// shortened is an error of the server about the dump, without what it quotes of the data.
func shortened(what string, err error) error {
	about := aboutDump(err)
	var answer *mysql.MySQLError
	if errors.As(err, &answer) {
		text, _, _ := strings.Cut(answer.Message, "'")
		err = fmt.Errorf("error %d: %s", answer.Number, strings.TrimSpace(text))
	}
	err = fmt.Errorf("%s: %w", what, err)
	if !about {
		return err
	}
	return &ContentError{err}
}

// finish checks that the dump is one of Farebook's, migrates it, and makes the application's user.
func (l *Loaded) finish(ctx context.Context, server *mysql.Config) error {
	versions, err := migrations.Versions()
	if err != nil {
		return err
	}
	l.Newest = versions[len(versions)-1]
	err = l.admin.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM "+l.schema+".goose_db_version").Scan(&l.Version)
	switch {
	case err != nil:
		return shortened("the dump has no list of migrations, so that it is not one of Farebook's database", err)
	case l.Version > l.Newest:
		return &ContentError{fmt.Errorf("the dump has migration %d, and this program knows migrations up to %d: use the release that made it",
			l.Version, l.Newest)}
	}
	var identities int
	err = l.admin.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+l.schema+".installation").Scan(&identities)
	if err == nil && identities == 0 {
		return &ContentError{errors.New("the dump has no row of installation: references and Stripe's idempotency keys derive from its secret, " +
			"so that the books cannot be restored from it; dump every table")}
	}
	if err != nil && l.Version >= firstIdentity {
		return shortened("read the identity of the dump", err)
	}
	app := server.Clone()
	app.User, app.Passwd, app.DBName = l.schema+"_app", rand.Text(), l.schema
	l.AppDSN = app.FormatDSN()
	runner := migrations.Runner{AdminDSN: server.FormatDSN(), AppDSN: l.AppDSN}
	if err := runner.Up(ctx); err != nil {
		return ofContent(err)
	}
	return ofContent(runner.Fill(ctx))
}

// firstIdentity is the migration that makes the table installation.
const firstIdentity = 32

// Drop removes the schema and its users.
func (l *Loaded) Drop(ctx context.Context) error {
	var failed []error
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + l.schema, "DROP USER IF EXISTS '" + l.schema + "'@'%'", "DROP USER IF EXISTS '" + l.schema + "_app'@'%'",
	} {
		if _, err := l.admin.ExecContext(ctx, statement); err != nil {
			failed = append(failed, fmt.Errorf("drop what the check has made (%s): %w", l.schema, err))
		}
	}
	return errors.Join(append(failed, l.admin.Close())...)
}
