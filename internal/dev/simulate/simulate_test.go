package simulate

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"

	"farebook/booking"
	"farebook/workflows"
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
	sampled := few(t, 1)
	sampled.Sample = 30
	first, stories, err := business(t.Context(), sampled)
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
	requirePlayed(t, stories)
}

// requirePlayed plays some stories on the Temporal server. What is planted in a story is a difference.
func requirePlayed(t *testing.T, stories []*story) {
	t.Helper()
	p := testPlayer(t)
	paid := paidBooking(t, stories)
	played := []*story{paid}
	for _, kind := range []string{workflows.TypeSealLedger, workflows.TypeRetention} {
		at := slices.IndexFunc(stories, func(one *story) bool { return one.kind == kind })
		require.NotEqual(t, -1, at, kind)
		played = append(played, stories[at])
	}
	_, err := p.play(t.Context(), played)
	require.NoError(t, err)

	p.attempts = 1
	planted := *paid
	planted.entries = slices.Clone(paid.entries)
	for i, e := range planted.entries {
		if e.came == anOutcome && strings.Contains(textOf(e.values), "pi_") {
			changed := strings.Replace(string(e.values[0].GetData()), "pi_", "pi_another", 1)
			planted.entries[i].values = []*commonpb.Payload{{Metadata: e.values[0].GetMetadata(), Data: []byte(changed)}}
			break
		}
	}
	_, err = p.play(t.Context(), []*story{&planted})
	require.ErrorContains(t, err, "pi_another", "an answer was changed")

	p.patience = 2 * time.Second
	planted.entries = slices.DeleteFunc(slices.Clone(paid.entries), func(e entry) bool { return e.came == aSignal })
	_, err = p.play(t.Context(), []*story{&planted})
	require.ErrorContains(t, err, "the server's run", "the signals were dropped")
}

// testPlayer plays on the Temporal server of the tests.
func testPlayer(t *testing.T) *player {
	t.Helper()
	address := os.Getenv("FAREBOOK_TEST_TEMPORAL_ADDRESS")
	require.NotEmpty(t, address, "no Temporal server: run `make test`, or set FAREBOOK_TEST_TEMPORAL_ADDRESS")
	p, err := newPlayer(address)
	require.NoError(t, err)
	t.Cleanup(p.client.Close)
	return p
}

// A capture is an update that comes while its run waits for a signal: its handler runs before the run's coroutines. A cancellation of a
// booking whose run has ended comes with the start of another one, before that has set a handler: its handler runs behind the run's first
// coroutine. The model has both orders from the server, which has to do the same.
func TestUpdatesAreHandledAsOnTheServer(t *testing.T) {
	o := few(t, 6) // in whose first days both happen
	o.Days, o.Bookings, o.Sample = 6, 6, 400
	o.after = func(s *system) { requireHealed(t, s) }
	_, stories, err := business(t.Context(), o)
	require.NoError(t, err)
	played := append(updated(t, stories, workflows.UpdateCapturePayment), updated(t, stories, workflows.UpdateCancelBooking)...)
	_, err = testPlayer(t).play(t.Context(), played)
	require.NoError(t, err)
}

// requireHealed requires that a reconciliation has seen an item healed: while its activity waits, the workflows of the items act.
func requireHealed(t *testing.T, s *system) {
	t.Helper()
	for state, want := range map[string]int64{"fixed": 1, "failed": 0} {
		items, err := s.books.count(t.Context(), "SELECT COUNT(*) FROM reconciliation_items WHERE state = ?", state)
		require.NoError(t, err)
		require.Equal(t, want, items, "items that are %s", state)
	}
}

// updated are up to three short stories of bookings which an update came to. Long ones take minutes to play.
func updated(t *testing.T, stories []*story, name string) (found []*story) {
	t.Helper()
	for _, one := range stories {
		came := slices.ContainsFunc(one.entries, func(e entry) bool { return e.came == anUpdate && e.name == name })
		if came && len(one.entries) < 40 && len(found) < 3 {
			found = append(found, one)
		}
	}
	require.NotEmpty(t, found, "no run of the sample was asked for %s", name)
	return found
}

// paidBooking is the shortest story of a booking that was confirmed after a signal.
func paidBooking(t *testing.T, stories []*story) (shortest *story) {
	t.Helper()
	for _, one := range stories {
		signalled := slices.ContainsFunc(one.entries, func(e entry) bool { return e.came == aSignal })
		confirmed := one.ended && strings.Contains(one.entries[len(one.entries)-1].line, string(booking.StatusConfirmed))
		if one.kind == workflows.TypeBookingPayment && signalled && confirmed && (shortest == nil || len(one.entries) < len(shortest.entries)) {
			shortest = one
		}
	}
	require.NotNil(t, shortest, "no booking of the sample was confirmed after a signal")
	return shortest
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
