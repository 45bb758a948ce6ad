package test

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/measured"
	"farebook/internal/dev/testkit"
	"farebook/starter/inbox"
)

const (
	// benchClients take turns at nothing: each follows its workflow to the end, and starts the next.
	benchClients = 16
	// mostClients are as many as a benchmark has at once.
	mostClients = 64
	// benchRounds alternate between bookings and comparators, so that the machine's mood, and a server that slows down as
	// it fills, touch all alike.
	benchRounds = 4
	// benchWarm of each come before what counts: connections, caches, compiled statements.
	benchWarm = 32
	// benchAlone are made one at a time, for latencies without a queue.
	benchAlone = 50
)

// benched is one of the systems that take turns on the same servers.
type benched struct {
	name      string
	do        func(int) time.Duration // one run to its end; how long the first answer took
	processes clocks
	stack     *testkit.Stack // nil for a comparator
	// share divides the number of runs: a slow comparator has fewer.
	share int
}

// benchLoad is how many clients there are at once, and how long Stripe takes for an answer.
type benchLoad struct {
	clients int
	stripe  time.Duration
	share   int // divides the number of runs
	systems []string
}

var (
	everySystem = []string{measured.Empty, measured.Shape, measured.Tutorial, measured.Apart, measured.Beside}
	ourSystems  = []string{measured.Empty, measured.Apart, measured.Beside}
	benchLoads  = []benchLoad{
		{clients: benchClients, share: 1, systems: everySystem},
		{clients: 1, share: 10, systems: everySystem},
		{clients: 4, share: 4, systems: everySystem},
		{clients: mostClients, share: 1, systems: everySystem},
		{clients: 1, stripe: stripeFar, share: 20, systems: ourSystems},
		{clients: benchClients, stripe: stripeFar, share: 4, systems: ourSystems},
	}
)

// BenchmarkPaidBooking runs b.N paid bookings, with a worker apart and with one in the API's process, in turns with three comparators on
// the same Temporal server: empty workflows, which are the floor that any design on Temporal has; workflows of a booking's shape that do
// nothing, which are the floor of this design; and the design of a tutorial. Fewer runs follow with other numbers of clients, and with a
// Stripe that takes 300 ms. It prints how they compare, and keeps the result in var/bench. Run by `make bench`.
func BenchmarkPaidBooking(b *testing.B) {
	if b.N == 1 {
		return // the testing package's first try
	}
	machine := measured.Machine()
	keepConnections(b, mostClients)
	servers := startBenchServers(b)
	systems := benchSystems(b, servers)
	for _, s := range systems {
		new(timings).run(benchClients, benchWarm, s.do)
	}
	b.ResetTimer()
	result := measured.Bookings{
		Command: cmp.Or(os.Getenv("FAREBOOK_BENCH_COMMAND"), "make bench"), Date: time.Now().UTC().Format(time.DateOnly),
		Machine: machine, Servers: servers.describe(systems[measured.Apart].stack), Costs: map[string]measured.Cost{},
	}
	for _, at := range benchLoads {
		result.Figures = append(result.Figures, runLoad(b, at, systems)...)
	}
	b.StopTimer()
	for _, s := range systems {
		if s.stack != nil {
			s.stack.AwaitQuiet()
			result.Costs[s.name] = costOfNewest(s.stack)
			s.stack.RequirePromises()
		}
	}
	require.NoError(b, measured.Save(filepath.Join("..", "var", "bench", "bookings-"+servers.name+".json"), result))
	fmt.Printf("\n%s\n", result.Markdown())
}

// runLoad runs the systems in turns.
func runLoad(b *testing.B, at benchLoad, systems map[string]*benched) (figures []measured.Figure) {
	b.Helper()
	loads := map[string]*load{}
	for _, name := range at.systems {
		loads[name] = &load{}
		if stack := systems[name].stack; stack != nil {
			stack.Stripe.SetAnswerTime(at.stripe)
		}
	}
	inRounds(b.N/at.share, func(n int) {
		for _, name := range at.systems {
			s := systems[name]
			loads[name].measure(b, s.processes, at.clients, max(n/s.share, min(n, at.clients)), s.do)
		}
	})
	for _, name := range at.systems {
		if stack := systems[name].stack; stack != nil {
			stack.Stripe.SetAnswerTime(0)
		}
		figures = append(figures, loads[name].figure(name, at))
	}
	return figures
}

// figure is the load as documents show it.
func (l *load) figure(system string, at benchLoad) measured.Figure {
	f := measured.Figure{
		System: system, Clients: at.clients, Stripe: int(at.stripe.Milliseconds()), Runs: len(l.first), Rate: l.rate(),
		First: spread(l.first), End: spread(l.ends), CPU: map[string]float64{},
	}
	for name, spent := range l.cpu {
		f.CPU[name] = spent / float64(len(l.first))
	}
	return f
}

func spread(times []time.Duration) measured.Spread {
	return measured.Spread{
		P50: measured.Milliseconds(percentile(times, 50)), P99: measured.Milliseconds(percentile(times, 99)),
		Max: measured.Milliseconds(percentile(times, 100)),
	}
}

// benchSystems starts what takes turns.
func benchSystems(b *testing.B, servers benchServers) map[string]*benched {
	b.Helper()
	systems := map[string]*benched{}
	add := func(s *benched) {
		s.share = max(s.share, 1)
		systems[s.name] = s
	}
	for _, inAPI := range []bool{false, true} {
		add(startBenched(b, servers, inAPI))
	}
	floor := newFloor(b, systems[measured.Apart].stack)
	comparators := servers.processes(clocks{benchProcess: this})
	add(&benched{name: measured.Empty, do: floor.empty, processes: comparators})
	add(&benched{name: measured.Shape, do: floor.shape, processes: comparators})
	add(&benched{name: measured.Tutorial, do: floor.tutorial, processes: comparators, share: 4})
	return systems
}

// startBenched starts Farebook as one API and one worker; inAPI: with another worker in the API's process. env is added to its
// configuration: NAME=value.
func startBenched(b *testing.B, servers benchServers, inAPI bool, env ...string) *benched {
	b.Helper()
	s := testkit.New(b, testkit.Options{
		Quiet: true, Processes: true, Sweep: 15 * time.Second, FenceLook: time.Minute, TemporalAddress: servers.temporal.Address(),
		Env: append([]string{fmt.Sprintf("API_WORKER=%t", inAPI), unpaced}, env...),
	})
	s.Stripe.EnableEvents(inbox.Types()...) // what an endpoint is asked for
	name := measured.Apart
	if inAPI {
		name = measured.Beside
		awaitFirstStepsHere(s)
	}
	return &benched{
		name: name, stack: s, do: func(int) time.Duration { return bookToMail(s, s.API) },
		processes: servers.processes(clocks{
			"API": cpuClock(s.FirstAPI().Pid), "worker": cpuClock(s.FirstWorker().Pid), "MariaDB": cpuClock(servers.database.Pid),
			benchProcess: this,
		}),
	}
}

// unpaced lets a process call Stripe as often as it can: the default of 80 calls a second would be measured instead, from 40 bookings a
// second on.
const unpaced = "STRIPE_CALLS_PER_SECOND=100000"

func costOfNewest(s *testkit.Stack) measured.Cost {
	s.T.Helper()
	reference := s.DB.Text(s.T, "SELECT reference FROM bookings ORDER BY id DESC LIMIT 1")
	s.AwaitWorkflowEnd(reference)
	return measured.Cost(testkit.CostOf(s.History(reference)))
}

// bookToMail takes a booking from its request at an API to its confirmation; it returns how long the client secret took.
func bookToMail(s *testkit.Stack, api *testkit.APIClient) time.Duration {
	booked, took, err := pay(s, api, uuid.NewString())
	if err == nil {
		err = s.Temporal.GetWorkflow(s.T.Context(), s.WorkflowID(booked.Reference), "").Get(s.T.Context(), nil)
	}
	if err != nil {
		s.T.Error(err)
	}
	return took
}

// pay books at an API and pays, and does not wait for what comes of it.
func pay(s *testkit.Stack, api *testkit.APIClient, key string) (booked testkit.Booked, secret time.Duration, err error) {
	began := time.Now()
	answer, err := api.Do(http.MethodPost, "/v1/bookings", key, testkit.BookingBody(nil))
	secret = time.Since(began)
	if err != nil {
		return booked, secret, fmt.Errorf("booking: %w", err)
	}
	if answer.Status != http.StatusCreated {
		return booked, secret, fmt.Errorf("booking: %d %s", answer.Status, answer.Body)
	}
	answer.Into(s.T, &booked)
	if status := s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"); status != http.StatusOK {
		return booked, secret, fmt.Errorf("payment: %d", status)
	}
	return booked, secret, nil
}

func awaitMails(b *testing.B, s *testkit.Stack, count int) {
	s.Eventually(func() bool { return s.DB.Count(b, "SELECT COUNT(*) FROM emails WHERE status = 'sent'") >= count }, "%d mails", count)
}
