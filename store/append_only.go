package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// noRight is the server's refusal of a statement on a table.
const noRight = 1142

// checkAppendOnly tries, as the application's user, what nobody may do to the ledger, its seals and the audit log. Should it be allowed, it changes no row.
// TRUNCATE and REPLACE need rights that these two are part of; starter migrate tries the rest (migrations/prove.go).
func (s *Store) checkAppendOnly(ctx context.Context) (Promise, error) {
	promise := Promise{Number: 4, Text: "the application's user may not change ledger, seals or audit log", Held: true}
	db, err := s.db.DB()
	if err != nil {
		return promise, err
	}
	for _, forbidden := range []string{
		"UPDATE financial_ledger SET id = id WHERE FALSE", "UPDATE ledger_entries SET id = id WHERE FALSE",
		"DELETE FROM financial_ledger WHERE FALSE", "DELETE FROM ledger_entries WHERE FALSE",
		"UPDATE audit_log SET id = id WHERE FALSE", "DELETE FROM audit_log WHERE FALSE",
		"UPDATE ledger_seals SET number = number WHERE FALSE", "DELETE FROM ledger_seals WHERE FALSE",
	} {
		_, err := db.ExecContext(ctx, forbidden)
		var refused *mysql.MySQLError
		switch {
		case errors.As(err, &refused) && refused.Number == noRight:
		case err != nil:
			return promise, fmt.Errorf("check promise 4: %w", err)
		default:
			promise.Held, promise.Detail = false, "it may "+strings.TrimSuffix(forbidden, " WHERE FALSE")+": see SHOW GRANTS, and revoke what Farebook did not grant"
		}
	}
	return promise, nil
}
