package simulate

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-sql-driver/mysql"

	"farebook/access"
	"farebook/internal/clock"
	"farebook/migrations"
	"farebook/store"
)

// books is a database for one simulation, with the rights of production.
type books struct {
	*store.Store

	sql            *sql.DB // as the administrator
	name, admin    string
	application    string
	token          string // of an API key
	server         string
	shop, approver access.Actor
}

// newBooks names a database that no other simulation has, on a server by the DSN of an administrator that ends in /.
func newBooks(server string) (*books, error) {
	admin, err := mysql.ParseDSN(server)
	if err != nil {
		return nil, err
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	b := &books{name: "fb_" + hex.EncodeToString(random[:]), server: server}
	admin.DBName, admin.ParseTime = b.name, true
	b.admin = admin.FormatDSN()
	app := admin.Clone()
	app.User, app.Passwd = b.name, b.name
	b.application = app.FormatDSN()
	b.shop = access.Actor{Name: "alice@simulation", CorrelationID: "simulate-1"}
	b.approver = access.Actor{Name: "bob@simulation", CorrelationID: "simulate-2"}
	return b, nil
}

// open creates the database, whose secret is drawn from the seed as every id is. zone is that of its months.
func (b *books) open(ctx context.Context, zone string, c clock.Clock) (err error) {
	if err = (migrations.Runner{AdminDSN: b.admin, AppDSN: b.application, BooksZone: zone}).Up(ctx); err != nil {
		return err
	}
	if b.sql, err = sql.Open("mysql", b.admin); err != nil {
		return err
	}
	const patient, connections = time.Hour, 8 // time that passes outside the world must not change it
	b.Store, err = store.Open(ctx, b.application, c, slog.New(slog.DiscardHandler),
		store.StatementLimit(patient), store.ConnectionWait(patient), store.PoolOf(connections, connections, patient))
	if err != nil {
		return err
	}
	owner, err := b.CreateClient(ctx, "shop", b.shop)
	if err != nil {
		return err
	}
	_, b.token, err = b.CreateAPIKey(ctx, store.NewAPIKey{ClientID: owner.ID, Scopes: access.Scopes{
		access.BookingsRead, access.BookingsWrite, access.RefundsWrite, access.ReconciliationRead, access.ReconciliationWrite,
	}}, b.shop)
	return err
}

// drop removes the database and its user.
func (b *books) drop(ctx context.Context) error {
	var errs []error
	if b.Store != nil {
		errs = append(errs, b.Close())
	}
	if b.sql != nil {
		errs = append(errs, b.sql.Close())
	}
	admin, err := sql.Open("mysql", b.server)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	ctx = context.WithoutCancel(ctx)
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + b.name, fmt.Sprintf("DROP USER IF EXISTS %s@'%%'", b.name)} {
		_, err := admin.ExecContext(ctx, statement)
		errs = append(errs, err)
	}
	return errors.Join(append(errs, admin.Close())...)
}

// count reads one number.
func (b *books) count(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = b.sql.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}
