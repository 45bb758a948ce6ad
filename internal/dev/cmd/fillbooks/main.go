// Command fillbooks fills the migrated database that DATABASE_ADMIN_DSN and DATABASE_DSN name with the books of many bookings. It
// refuses a database that has bookings.
//
//	fillbooks -bookings 200000 -per-day 400
//
// It imports internal/dev/bigbooks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"farebook/internal/dev/bigbooks"
)

func main() {
	var o bigbooks.Options
	flag.IntVar(&o.Bookings, "bookings", 200_000, "how many bookings to write")
	flag.IntVar(&o.PerDay, "per-day", bigbooks.UsualPerDay, "how many bookings were taken a day: what the books cover follows from it")
	flag.Parse()
	o.Progress = bigbooks.PrintProgress(os.Stdout)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := fill(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "fillbooks:", err)
		os.Exit(1)
	}
}

func fill(ctx context.Context, o bigbooks.Options) error {
	app, admin := os.Getenv("DATABASE_DSN"), os.Getenv("DATABASE_ADMIN_DSN")
	if app == "" || admin == "" {
		return errors.New("DATABASE_DSN and DATABASE_ADMIN_DSN are not set: they name the database to fill; `. var/dev.env` sets those of `make up`")
	}
	database, err := mysql.ParseDSN(app)
	if err != nil {
		return fmt.Errorf("parse DATABASE_DSN: %w", err)
	}
	administrator, err := mysql.ParseDSN(admin)
	if err != nil {
		return fmt.Errorf("parse DATABASE_ADMIN_DSN: %w", err)
	}
	administrator.DBName = database.DBName
	return bigbooks.Fill(ctx, administrator.FormatDSN(), app, o)
}
