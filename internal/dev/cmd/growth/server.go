package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/go-sql-driver/mysql"

	"farebook/internal/dev/bigbooks"
	"farebook/migrations"
)

// server is a database server that this command alone uses, and that is thrown away.
type server struct {
	admin *mysql.Config
	db    *sql.DB
}

// bufferPool is the memory in which the server keeps pages, in bytes.
const bufferPool = 2 << 30

// newServer takes the server of with-servers and lets it work faster than one that has to survive a power failure.
func newServer(ctx context.Context) (*server, error) {
	dsn := os.Getenv("FAREBOOK_TEST_MYSQL_DSN")
	if dsn == "" {
		return nil, errors.New("no database server: run `make growth`")
	}
	admin, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("parse FAREBOOK_TEST_MYSQL_DSN: %w", err)
	}
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return nil, err
	}
	s := &server{admin, db}
	for _, setting := range []string{
		fmt.Sprintf("innodb_buffer_pool_size = %d", bufferPool), "innodb_flush_log_at_trx_commit = 0",
	} {
		if _, err := db.ExecContext(ctx, "SET GLOBAL "+setting); err != nil {
			return nil, errors.Join(fmt.Errorf("set %s: %w", setting, err), db.Close())
		}
	}
	return s, nil
}

func (s *server) close() { _ = s.db.Close() } // nothing is kept

// schema is one database, by the DSNs of its administrator and of the application.
type schema struct{ name, admin, app string }

// fill creates, migrates and fills the books of a size.
func (s *server) fill(ctx context.Context, o bigbooks.Options) (schema, error) {
	admin, app := s.admin.Clone(), s.admin.Clone()
	admin.DBName = fmt.Sprintf("growth_%d", o.Bookings)
	app.DBName, app.User, app.Passwd = admin.DBName, "growth", "growth"
	filled := schema{admin.DBName, admin.FormatDSN(), app.FormatDSN()}
	if err := migrations.Up(ctx, filled.admin, filled.app); err != nil {
		return filled, err
	}
	return filled, bigbooks.Fill(ctx, filled.admin, filled.app, o)
}
