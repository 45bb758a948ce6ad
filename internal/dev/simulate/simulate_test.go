package simulate_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/simulate"
)

// few are options for some days, which a test of each commit plays.
func few(t *testing.T, seed uint64) simulate.Options {
	t.Helper()
	o := simulate.Defaults()
	o.Seed, o.Days, o.Server = seed, 2, os.Getenv("FAREBOOK_TEST_MYSQL_DSN")
	require.NotEmpty(t, o.Server, "no database server: run `make test`, or set FAREBOOK_TEST_MYSQL_DSN to an administrator's DSN ending in /")
	return o
}

// The same seed ends in the same ledger, although deaths, delays and orders are drawn.
func TestTheSameSeedEndsInTheSameLedger(t *testing.T) {
	first, err := simulate.Run(t.Context(), few(t, 1))
	require.NoError(t, err)
	require.Positive(t, first.Transactions)
	require.Positive(t, first.Counts["deaths at failpoints"])
	second, err := simulate.Run(t.Context(), few(t, 1))
	require.NoError(t, err)
	require.Equal(t, first.Digest, second.Digest)
	require.Equal(t, first.Counts, second.Counts)
}

// once is a seed that failed once.
type once struct {
	seed uint64
	days int
	zone string
	what string // it found
}

// failed are the seeds that failed, with the days until they did. Each commit plays the short ones, `make simulate SEED=…` any.
var failed = []once{}

func TestSeedsThatFailedOnce(t *testing.T) {
	for _, one := range failed {
		o := few(t, one.seed)
		o.Days = one.days
		if one.zone != "" {
			o.Zone = one.zone
		}
		_, err := simulate.Run(t.Context(), o)
		require.NoError(t, err, "seed %d: %s", one.seed, one.what)
	}
}
