// Package simulate plays months of business in minutes: the books on a real database, the API, the inbox, the sweeper, the worker's
// activities and workflows, the Stripe stand-in and a mailbox in one process, with one clock for all of them. Nothing waits for time to
// pass, and one thing happens at a time, in an order that a seed decides: the same seed ends in the same ledger.
//
// The code of the workflows is production's. It runs on the SDK's test environment, with a small scheduler in place of Temporal, which
// keeps Temporal's promises: one open run an id, signals that are not lost, timers, and steps that are repeated until they succeed.
// A sample of the runs is played on a real Temporal server afterwards, which has to find the same: see play.
// docs/proof.md says what is real and what is modelled. The package imports everything.
package simulate

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"farebook/internal/clock"
	"farebook/internal/failpoint"
)

// Options of a simulation.
type Options struct {
	Seed  uint64
	Start time.Time // of the first day, a midnight in UTC
	Days  int
	// Bookings is how many travellers book on a day, on average.
	Bookings int
	// Deaths is how many of 100 failpoints that a step passes end it, and how many of 100 results are lost.
	Deaths    int
	Zone      string // of the months of the books
	Settles   bool   // the account settles in dollars
	Revenue   string // principal or agent
	Recognise string // as RECOGNISE_AT
	Retention string // as RETENTION
	// Server is the DSN of a database server's administrator, ending in /.
	Server string
	// Sample is how many runs of workflows are played on the Temporal server at Temporal afterwards, at most; 0 for none.
	Sample   int
	Temporal string
	Logs     io.Writer // warnings and errors of all parts; nil for none
	// after is called at the end, before the database is removed.
	after func(*system)
}

func (o Options) logs() io.Writer {
	if o.Logs == nil {
		return io.Discard
	}
	return o.Logs
}

// Report is what a simulation has seen.
type Report struct {
	Digest       string // of the ledger in its order
	Transactions int64
	Counts       map[string]int
	Open         int            // runs of workflows that are open at the end
	Sampled      map[string]int // runs that were played on the server, by type
	Repeated     int            // of them, because a timer fired before its turn, or they differed
	Took         time.Duration
	Playing      time.Duration // of the sample
}

// String names the conditions for people.
func (o Options) String() string {
	settles := "settles in each currency"
	if o.Settles {
		settles = "settles in dollars"
	}
	return fmt.Sprintf("seed %d: %d days from %s, months of %s, %s at %s, %s, retention %s", o.Seed, o.Days, o.Start.Format(time.DateOnly),
		o.Zone, o.Revenue, o.Recognise, settles, o.Retention)
}

// Print writes a report for people.
func (r Report) Print(to io.Writer) {
	for _, name := range slices.Sorted(maps.Keys(r.Counts)) {
		_, _ = fmt.Fprintf(to, "  %-28s %d\n", name, r.Counts[name]) // to a terminal
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Sampled)) {
		_, _ = fmt.Fprintf(to, "  %-28s %d\n", "on the server: "+kind, r.Sampled[kind]) // the same
	}
	if len(r.Sampled) > 0 {
		_, _ = fmt.Fprintf(to, "  %-28s %d\n  %-28s %.0f s\n", "played again", r.Repeated, "playing took", r.Playing.Seconds()) // the same
	}
	_, _ = fmt.Fprintf(to, "  %-28s %d\n  %-28s %d\n  %-28s %.0f s\n  ledger %s\n", "workflows open at the end", r.Open, // the same
		"ledger transactions", r.Transactions, "took", r.Took.Seconds(), r.Digest)
}

// Run plays a simulation. Only one runs in a process at a time: it sets the source of random numbers for ids.
func Run(ctx context.Context, o Options) (Report, error) {
	report, stories, err := business(ctx, o)
	return report, errors.Join(err, report.play(ctx, o, stories))
}

// business plays the simulation, and returns the stories of the sample.
func business(ctx context.Context, o Options) (report Report, stories []*story, err error) {
	began := time.Now()
	c := &clock.Movable{}
	c.StandAt(o.Start)
	b, err := newBooks(o.Server)
	if err != nil {
		return report, nil, err
	}
	defer func() { err = errors.Join(err, b.drop(ctx)) }()
	defer seedIDs(o.Seed)()
	if err := b.open(ctx, o.Zone, c); err != nil {
		return report, nil, err
	}
	w := newWorld(ctx, o.Seed, c, o.Start, o.Start.AddDate(0, 0, o.Days).Add(opens))
	w.bookings = o.Bookings
	w.sample = newSample(o.Seed, o.Sample)
	s, err := newSystem(w, b, c, o)
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return report, nil, err
	}
	failpoint.Listen(w.hit)
	defer failpoint.Listen(nil)
	err = w.play(s.begin)
	report.Counts, report.Open = w.counts, w.open
	var read error
	report.Digest, report.Transactions, read = s.digest(context.WithoutCancel(ctx))
	report.Took = time.Since(began)
	if o.after != nil {
		o.after(s)
	}
	return report, w.sample.stories(), errors.Join(err, read)
}

// play plays the sample on the Temporal server.
func (r *Report) play(ctx context.Context, o Options, stories []*story) error {
	if len(stories) == 0 {
		return nil
	}
	p, err := newPlayer(o.Temporal)
	if err != nil {
		return err
	}
	defer p.client.Close()
	began := time.Now()
	r.Sampled = map[string]int{}
	for _, one := range stories {
		r.Sampled[one.kind]++
	}
	r.Repeated, err = p.play(ctx, stories)
	r.Playing = time.Since(began)
	return err
}

// seedIDs has all ids drawn from a seed until the returned function is called.
func seedIDs(seed uint64) (again func()) {
	var key [32]byte
	key[0], key[1], key[2], key[3] = byte(seed), byte(seed>>8), byte(seed>>16), byte(seed>>24)
	source := crand.Reader
	crand.Reader = rand.NewChaCha8(key)
	uuid.SetRand(crand.Reader)
	return func() {
		crand.Reader = source
		uuid.SetRand(nil)
	}
}

// Draw draws the conditions of a simulation from its seed: a year from the new year, in a zone whose clocks change.
func Draw(seed uint64) Options {
	from := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // the same conditions for the same seed
	one := func(of ...string) string { return of[from.IntN(len(of))] }
	drawn := Options{
		Seed: seed, Start: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Days: 360, Bookings: 5, Deaths: 2,
		Zone: one("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"), Revenue: one("principal", "agent"), Settles: from.IntN(2) == 0,
		Retention: one("none", "answers:30,emails:40,notes:50,evidence:60,items:30,events:30,views:30,travellers:90"), Recognise: "departure",
	}
	if drawn.Revenue == "agent" {
		drawn.Recognise = one("departure", "ticketing")
	}
	return drawn
}
