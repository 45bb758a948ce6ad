package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"
)

// refusals are the MySQL errors for missing privileges on a table, a database, an account or a column.
var refusals = []uint16{errNoRightOnTable, 1044, 1227, 1143}

// proveAppendOnly connects as the application's user and tries what it must not be able to do to the ledger. The grants above
// only add privileges: those from elsewhere (an image that grants everything on its database, a role, an account of the same
// name for one host) would remain unnoticed. None of the attempts changes a row or a table if it is allowed.
func proveAppendOnly(ctx context.Context, admin *sql.DB, app *mysql.Config) (err error) {
	present, err := tables(ctx, admin)
	if err != nil || !present["financial_ledger"] {
		return err
	}
	connector, err := mysql.NewConnector(app)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, forbidden := range append(ForbiddenChanges(),
		// TRUNCATE and DROP are one privilege. Dropping a table that does not exist tests it without harm.
		ForbiddenChange{"TRUNCATE and DROP", "DROP TABLE IF EXISTS farebook_no_such_table"},
		ForbiddenChange{"ALTER", "ALTER TABLE farebook_no_such_table ADD COLUMN x INT"},
	) {
		_, err := db.ExecContext(ctx, forbidden.Statement)
		if isNumber(err, refusals...) {
			continue
		}
		var answer *mysql.MySQLError
		errors.As(err, &answer)
		if err != nil && answer == nil {
			return fmt.Errorf("connect as the user of DATABASE_DSN: %w", err)
		}
		if answer != nil && answer.Number == errAccessDenied {
			return fmt.Errorf("the user %q of DATABASE_DSN cannot log in although it was just made: is there an account of this name for one "+
				"host, or one without a name? %w", app.User, answer)
		}
		if answer != nil && answer.Number != errNoSuchTable {
			return fmt.Errorf("try to %s in %q as the user of DATABASE_DSN: %w", forbidden.Verb, app.DBName, answer)
		}
		return fmt.Errorf("the user %q of DATABASE_DSN may %s in %q, but the ledger is append-only: see SHOW GRANTS, revoke what Farebook did "+
			"not grant, or name another user", app.User, forbidden.Verb, app.DBName)
	}
	return nil
}

const (
	// errAccessDenied is MySQL's error for a refused login.
	errAccessDenied = 1045
	// errNoSuchTable is MySQL's error for ALTER on a missing table by a user who may alter it.
	errNoSuchTable = 1146
)
