package simulate

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// few are options for a day and a night, which a test of each commit plays.
func few(t *testing.T, seed uint64) Options {
	t.Helper()
	o := Draw(seed)
	o.Days, o.Bookings, o.Server = 1, 10, os.Getenv("FAREBOOK_TEST_MYSQL_DSN")
	require.NotEmpty(t, o.Server, "no database server: run `make test`, or set FAREBOOK_TEST_MYSQL_DSN to an administrator's DSN ending in /")
	return o
}

// The same seed ends in the same ledger, although deaths, delays and orders are drawn. What is planted afterwards is found.
func TestTheSameSeedEndsInTheSameLedger(t *testing.T) {
	first, err := Run(t.Context(), few(t, 1))
	require.NoError(t, err)
	require.Positive(t, first.Transactions)
	require.Positive(t, first.Counts["deaths at failpoints"])
	require.Positive(t, first.Counts["checks"])
	again := few(t, 1)
	again.after = func(s *system) { requireFound(t, s) }
	second, err := Run(t.Context(), again)
	require.NoError(t, err)
	require.Equal(t, first.Digest, second.Digest)
	require.Equal(t, first.Counts, second.Counts)
}

// requireFound changes the books and Stripe's balance by hand, one at a time.
func requireFound(t *testing.T, s *system) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, s.proven(ctx))
	require.NoError(t, s.clearing(ctx))
	s.stripe.Adjust(100, "usd", "planted")
	require.ErrorContains(t, s.clearing(ctx), "promise 5")
	for _, amount := range []string{"amount + 1", "amount - 1"} {
		_, err := s.books.sql.ExecContext(ctx, "UPDATE ledger_entries SET amount = "+amount+" ORDER BY id LIMIT 1")
		require.NoError(t, err)
		if amount == "amount + 1" {
			require.ErrorContains(t, s.proven(ctx), "promise")
		}
	}
	require.NoError(t, s.proven(ctx))
	s.failures = append(s.failures, "planted")
	require.ErrorContains(t, s.noneFailed(), "planted")
}

// once is a seed that failed once, in the product or in the simulation.
type once struct {
	seed uint64
	days int
	what string // it found
}

// failed are the seeds that failed within a few days of their start. Those that need months are in docs/proof.md, for `make simulate`.
var failed = []once{}

func TestSeedsThatFailedOnce(t *testing.T) {
	for _, one := range failed {
		o := few(t, one.seed)
		o.Days = one.days
		_, err := Run(t.Context(), o)
		require.NoError(t, err, "seed %d: %s", one.seed, one.what)
	}
}
