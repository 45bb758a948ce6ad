package store_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// plant inserts rows as they are, past the recorders: for reads of tables with more and other rows than a test could record.
func (b books) plant(table, columns string, rows [][]any) {
	b.t.Helper()
	const atOnce = 500
	for len(rows) > 0 {
		batch := rows[:min(len(rows), atOnce)]
		rows = rows[len(batch):]
		row := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(batch[0])), ", ") + ")"
		var values []any
		for _, of := range batch {
			values = append(values, of...)
		}
		b.Exec(b.t, fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", table, columns, row+strings.Repeat(", "+row, len(batch)-1)), values...)
	}
}

// plantBookings inserts confirmed bookings with the ids 1 to n and the references FB-00000001 and so on.
func (b books) plantBookings(n int) {
	b.t.Helper()
	rows := make([][]any, n)
	for i := range rows {
		id := i + 1
		rows[i] = []any{
			id, plantedReference(id), b.caller.KeyID, b.caller.ClientID, "confirmed", "Layla Haddad", "layla@example.com", "en", "{}", 100, "USD",
			plantedAt, "c-1", plantedAt, plantedAt,
		}
	}
	b.plant("bookings", "id, reference, api_key_id, client_id, status, customer_name, customer_email, customer_locale, flight_json, amount, "+
		"currency, hold_expires_at, correlation_id, created_at, updated_at", rows)
}

func plantedReference(id int) string { return fmt.Sprintf("FB-%08d", id) }

// plantedAt is when the rows of these tests were written.
var plantedAt = time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)

// seed is that of dice. It is the same in each run of CI, so that a fault that a draw finds is the change's.
var seed = flag.Uint64("dice", 1, "the seed of what tests of the store draw")

func (b books) dice() *rand.Rand {
	b.t.Logf("-dice %d", *seed)
	return rand.New(rand.NewPCG(*seed, 0)) //nolint:gosec // not a secret
}
