package test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/mailbox"
	"farebook/internal/dev/testkit"
	"farebook/starter/inbox"
)

// stripeFar is about what Stripe takes for an answer in production.
const stripeFar = 300 * time.Millisecond

// peer is a system that takes bookings: Farebook, or what a reader would pick instead of it.
type peer struct {
	*testkit.Stack

	processes clocks
	engine    string            // the process that holds what is under way: Temporal, or Redis
	kill      map[string]func() // by the name of the process, which is started again at once
	books     peerBooks
}

// peerBooks are the statements that count what a ledger has lost of the bookings of one tag, which their addresses begin with.
type peerBooks struct{ unposted, twice string }

// BenchmarkPeers runs b.N paid bookings on Farebook and b.N on a queue design (test/peers/queue), in turns on the same database and
// machine, and then both under the same kills. Run by `make bench-peers`; docs/performance.md has the result.
func BenchmarkPeers(b *testing.B) {
	if b.N == 1 {
		return // the testing package's first try
	}
	peers := startPeers(b)
	results := make([]peerResult, len(peers))
	for i, p := range peers {
		new(timings).run(benchClients, benchWarm, p.bookToMail)
		results[i].statements = map[string]float64{}
	}
	b.ResetTimer()
	inRounds(b.N, func(n int) {
		for i, p := range peers {
			results[i].measure(p, n)
		}
	})
	b.StopTimer()
	for i, p := range peers {
		results[i].alone.run(1, benchAlone, p.bookToMail)
		p.Stripe.SetAnswerTime(stripeFar)
		results[i].far.run(1, benchAlone/5, p.bookToMail)
		p.Stripe.SetAnswerTime(0)
	}
	b.ReportMetric(results[0].many.rate()/results[1].many.rate(), "x-of-queues")
	printPeers(peers, results)
	for _, part := range []string{"worker", "engine"} {
		printKills(part, killed(peers[0], part), killed(peers[1], part))
	}
	peers[0].RequirePromises()
}

// startPeers starts Farebook and the queue design. They share a database server and nothing else.
func startPeers(b *testing.B) []peer {
	b.Helper()
	database := startDatabase(b)
	temporal, _ := startTemporal(b)
	return []peer{startFarebook(b, database, temporal), startQueues(b, database, temporal)}
}

func startFarebook(b *testing.B, database *devstack.MariaDB, temporal *devstack.Temporal) peer {
	b.Helper()
	f := startFleet(b, testkit.Options{
		Quiet: true, Sweep: 15 * time.Second, FenceLook: time.Minute, TemporalAddress: temporal.Address(),
		Env: []string{unpaced}, // the queue design does not limit its calls either
	}, 1, 1)
	f.Stripe.EnableEvents(inbox.Types()...)
	restart := func() {
		require.NoError(b, temporal.Kill())
		require.NoError(b, temporal.Restart(context.WithoutCancel(b.Context())))
	}
	return peer{
		Stack: f.Stack, engine: "Temporal",
		processes: clocks{
			"API": cpuClock(f.apis[0].Pid), "worker": cpuClock(f.workers[0].Pid), "MariaDB": cpuClock(database.Pid),
			"Temporal": cpuClock(temporal.Pid),
		},
		kill: map[string]func(){"worker": dead(f.workers[0]), "engine": restart},
		books: peerBooks{
			unposted: `SELECT COUNT(*) FROM bookings b WHERE customer_email LIKE ? AND NOT EXISTS
				(SELECT 1 FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id WHERE l.booking_id = b.id)`,
			twice: `SELECT COUNT(*) FROM (SELECT 1 FROM financial_ledger l JOIN bookings b ON b.id = l.booking_id
				WHERE customer_email LIKE ? GROUP BY l.booking_id, l.type HAVING COUNT(*) > 1) twice`,
		},
	}
}

// bookToMail takes a booking from its request to its mail; it returns how long the client secret took.
func (p peer) bookToMail(int) time.Duration {
	address := "bench-" + uuid.NewString() + "@mail.example"
	_, took := p.paid(address)
	ctx, cancel := context.WithTimeout(p.T.Context(), testkit.Patience)
	defer cancel()
	if _, err := p.Mailbox.Await(ctx, func(m mailbox.Message) bool { return m.To[0] == address }); err != nil {
		p.T.Error(err)
	}
	return took
}

// paid makes a booking, which it asks for until there is one, and pays it. It returns how long the client secret took.
func (p peer) paid(address string) (booked testkit.Booked, took time.Duration) {
	body := testkit.BookingBody(func(body map[string]any) {
		customer, _ := body["customer"].(map[string]any) // BookingBody has made it
		customer["email"] = address
	})
	began := time.Now()
	booked = bookUntilTaken(p.Stack, p.API, address, body)
	took = time.Since(began)
	if status := p.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"); status != http.StatusOK {
		p.T.Errorf("payment: %d", status)
	}
	return booked, took
}

// peerResult is what was measured of one system.
type peerResult struct {
	many       load
	alone, far timings
	statements map[string]float64 // by kind
	calls      float64            // to Stripe, less the traveller's
}

// measure runs n bookings, and adds what they cost.
func (r *peerResult) measure(p peer, n int) {
	statements, calls := p.sent(), len(p.Stripe.Journal().Records())
	r.many.measure(p.T, p.processes, benchClients, n, p.bookToMail)
	for name, now := range p.sent() {
		r.statements[name] += now - statements[name]
	}
	r.calls += float64(len(p.Stripe.Journal().Records()) - calls - n)
}

// sent counts the statements that the database has had.
func (p peer) sent() map[string]float64 {
	sent := map[string]float64{}
	for name, value := range pairs(p.T, p.DB.SQL, "SHOW GLOBAL STATUS WHERE variable_name IN ('Com_select', 'Com_insert', 'Com_update', "+
		"'Com_delete', 'Com_commit')") {
		number, err := strconv.ParseFloat(value, 64)
		require.NoError(p.T, err)
		sent[name] = number
	}
	return sent
}

func printPeers(peers []peer, results []peerResult) {
	ours, theirs := results[0], results[1]
	fmt.Println()
	printPeerHead()
	printPeerLine(fmt.Sprintf("paid, booked and mailed, %d at once", benchClients), "/s", ours.many.rate(), theirs.many.rate())
	for _, row := range []struct {
		name         string
		ours, theirs timings
		percent      int
	}{
		{fmt.Sprintf("first answer, %d at once, p50", benchClients), ours.many.timings, theirs.many.timings, 50},
		{fmt.Sprintf("first answer, %d at once, p99", benchClients), ours.many.timings, theirs.many.timings, 99},
		{"first answer, one at a time, p50", ours.alone, theirs.alone, 50},
		{"first answer, Stripe takes 300 ms, p50", ours.far, theirs.far, 50},
	} {
		printPeerLine(row.name, "ms", milliseconds(row.ours.percentile(row.percent)), milliseconds(row.theirs.percentile(row.percent)))
	}
	n := float64(len(ours.many.first))
	printPeerLine("CPU without the engine, per booking", "ms", (sum(ours.many.cpu)-ours.many.cpu[peers[0].engine])/n,
		(sum(theirs.many.cpu)-theirs.many.cpu[peers[1].engine])/n)
	printPeerLine("CPU of the engine", "ms", ours.many.cpu[peers[0].engine]/n, theirs.many.cpu[peers[1].engine]/n)
	for _, process := range []string{"API", "worker", "MariaDB"} {
		printPeerLine("CPU of "+process, "ms", ours.many.cpu[process]/n, theirs.many.cpu[process]/n)
	}
	commits := func(r peerResult) float64 { return r.statements["Com_commit"] }
	printPeerLine("SELECT, INSERT, UPDATE and DELETE", "", (sum(ours.statements)-commits(ours))/n, (sum(theirs.statements)-commits(theirs))/n)
	printPeerLine("COMMIT", "", commits(ours)/n, commits(theirs)/n)
	printPeerLine("calls to Stripe", "", ours.calls/n, theirs.calls/n)
	fmt.Println()
}

func printPeerHead() { fmt.Printf("%-52s %12s %12s %8s\n", "", "Farebook", "queues", "ratio") }

func printPeerLine(name, unit string, ours, theirs float64) {
	fmt.Printf("%-52s %8.1f %-3s %8.1f %-3s %8.2f\n", name, ours, unit, theirs, unit, ours/theirs)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
