package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// rights are the privileges of the application's user by table. Those on the ledger and the audit log make them append-only: no
// UPDATE, no DELETE, and, without DROP and DELETE, no TRUNCATE and no REPLACE. DELETE is granted on scratch tables only: what a
// reconciliation has seen, and the sessions of the console.
var rights = []struct{ table, verbs string }{
	{"api_clients", "SELECT, INSERT, UPDATE"},
	{"api_keys", "SELECT, INSERT, UPDATE"},
	{"audit_log", "SELECT, INSERT"},
	{"attention_items", "SELECT, INSERT, UPDATE"},
	{"attention_steps", "SELECT, INSERT, UPDATE (text)"},
	{"bookings", "SELECT, INSERT, UPDATE"},
	{"idempotency_keys", "SELECT, INSERT, UPDATE"},
	{"installation", "SELECT"},
	{"imported_bookings", "SELECT, INSERT"},
	{"payments", "SELECT, INSERT, UPDATE"},
	{"payment_twins", "SELECT, INSERT, UPDATE"},
	{"refunds", "SELECT, INSERT, UPDATE"},
	{"disputes", "SELECT, INSERT, UPDATE"},
	{"payouts", "SELECT, INSERT, UPDATE"},
	{"payout_transactions", "SELECT, INSERT"},
	{"financial_ledger", "SELECT, INSERT"},
	{"goose_db_version", "SELECT"}, // the applied migrations: a process refuses a schema older than it needs
	{"ledger_entries", "SELECT, INSERT"},
	{"ledger_seals", "SELECT, INSERT"},
	{"ledger_closings", "SELECT, INSERT"},
	{"ledger_proposals", "SELECT, INSERT, UPDATE"},
	{"proofs", "SELECT, INSERT, UPDATE"},
	{"proof_parts", "SELECT, INSERT, UPDATE"},
	{"ledger_opening", "SELECT, UPDATE"}, // one row that is locked, and written by the opening and each close
	{"opening_balances", "SELECT, INSERT"},
	{"stripe_events", "SELECT, INSERT, UPDATE"},
	{"emails", "SELECT, INSERT, UPDATE"},
	{"fences", "SELECT, INSERT, UPDATE"},
	{"rebuilds", "SELECT, INSERT, UPDATE"},
	{"rebuild_items", "SELECT, INSERT, UPDATE"},
	{"email_recipient_locks", "SELECT, UPDATE"}, // locked, and never changed
	{"moved_amounts", "SELECT, INSERT"},
	{"proposals", "SELECT, INSERT, UPDATE"},
	{"reconciliation_runs", "SELECT, INSERT, UPDATE"},
	{"reconciliation_items", "SELECT, INSERT, UPDATE"},
	{"console_people", "SELECT, INSERT, UPDATE"},
	{"console_sessions", "SELECT, INSERT, UPDATE, DELETE"}, // scratch data: signing out and expiry remove a session
	{"saved_views", "SELECT, INSERT, UPDATE"},
	{"retention_progress", "SELECT, INSERT, UPDATE"},
	{"client_return_urls", "SELECT, INSERT, UPDATE"},
	{"evidence_drafts", "SELECT, INSERT, UPDATE"},
	{"evidence_files", "SELECT, INSERT, UPDATE"},
	{"webhook_endpoints", "SELECT, INSERT, UPDATE"},
	{"webhook_deliveries", "SELECT, INSERT, UPDATE"},
	{"correction_lock", "SELECT, UPDATE"},                     // locked, and never changed
	{"reconciliation_seen", "SELECT, INSERT, UPDATE, DELETE"}, // scratch data of a run
}

// grant creates the application's user that app names, and grants it the rights above. It refuses a user that is also the
// administrator, who could change the ledger.
func grant(ctx context.Context, db *sql.DB, app *mysql.Config) error {
	var admin string
	if err := db.QueryRowContext(ctx, "SELECT CURRENT_USER()").Scan(&admin); err != nil {
		return err
	}
	if name, _, _ := strings.Cut(admin, "@"); name == app.User {
		return fmt.Errorf("DATABASE_DSN and DATABASE_ADMIN_DSN are the same user %q: the application must not be able to change the ledger; "+
			"name a separate user in DATABASE_DSN", app.User)
	}
	user := literal(app.User) + "@'%'"
	statements := []string{
		"CREATE USER IF NOT EXISTS " + user + " IDENTIFIED BY " + literal(app.Passwd),
		"ALTER USER " + user + " IDENTIFIED BY " + literal(app.Passwd), // sets a rotated password
	}
	present, err := tables(ctx, db)
	if err != nil {
		return err
	}
	for _, right := range rights {
		if present[right.table] {
			statements = append(statements, "GRANT "+right.verbs+" ON "+quote(app.DBName)+"."+quote(right.table)+" TO "+user)
		}
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			// The statement may contain the password, so the error does not.
			return fmt.Errorf("grant rights to %q: %w", app.User, err)
		}
	}
	return nil
}

func tables(ctx context.Context, db *sql.DB) (_ map[string]bool, err error) {
	rows, err := db.QueryContext(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // read to the end; Err reports errors
	present := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		present[name] = true
	}
	return present, rows.Err()
}

// quote escapes an identifier, literal a string: DDL and GRANT take neither as a parameter.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func literal(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}
