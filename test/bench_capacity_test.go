package test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
	"farebook/internal/wait"
	"farebook/starter/inbox"
)

const (
	// idleTime is how long the system is measured without a booking.
	idleTime = 30 * time.Second
	// historySample is how many bookings' histories are measured.
	historySample = 100
)

// BenchmarkCapacity counts what b.N paid bookings cost each process, the database, Temporal and Stripe, with servers that flush every
// commit and write a binary log. What an idle system does in the same time is subtracted. Run by `make bench-capacity`; docs/capacity.md
// multiplies the result.
func BenchmarkCapacity(b *testing.B) {
	if b.N == 1 {
		return // the testing package's first try
	}
	m := newMeter(b)
	book := func(int) time.Duration { return bookToMail(m.f.Stack, m.f.API) }
	new(timings).run(benchClients, benchWarm, book)
	m.f.AwaitQuiet()
	rested := m.read()
	require.NoError(b, wait.For(b.Context(), idleTime))
	before := m.read()
	occupied := spaces(m.f)
	b.ResetTimer()
	var all timings
	all.run(benchClients, b.N, book)
	m.f.AwaitQuiet()
	b.StopTimer()
	after := m.read()
	printCapacity(m, capacityReadings{rested, before, after}, all)
	printSpace(m.f, occupied, spaces(m.f), float64(b.N))
	m.f.RequirePromises()
}

func newMeter(b *testing.B) meter {
	b.Helper()
	database := startDatabase(b, devstack.WithBinaryLog())
	temporal, folder := startTemporal(b, devstack.WithMetrics())
	f := startFleet(b, testkit.Options{
		Quiet: true, Sweep: 15 * time.Second, FenceLook: time.Minute, TemporalAddress: temporal.Address(),
	}, 1, 1)
	f.Stripe.EnableEvents(inbox.Types()...)
	return meter{f: f, temporal: folder, metrics: temporal.MetricsURL(), processes: clocks{
		"API": cpuClock(f.apis[0].Pid), "worker": cpuClock(f.workers[0].Pid), "MariaDB": cpuClock(database.Pid),
		"Temporal, with SQLite": cpuClock(temporal.Pid), benchProcess: this,
	}}
}

// capacityReadings are taken after warming up, after an idle time, and after the bookings.
type capacityReadings struct{ rested, before, after reading }

func printCapacity(m meter, r capacityReadings, all timings) {
	n := float64(len(all.first))
	share := r.after.at.Sub(r.before.at).Seconds() / r.before.at.Sub(r.rested.at).Seconds()
	perBooking := func(of func(reading) map[string]float64) map[string]float64 {
		idle := each(of(r.rested), of(r.before), nil, 0, 1)
		return each(of(r.before), of(r.after), idle, share, n)
	}
	fmt.Printf("\nper paid booking, of %d, less what an idle system does meanwhile\n", len(all.first))
	printEach("CPU time", "ms", perBooking(func(r reading) map[string]float64 { return r.cpu }), 0)
	status := perBooking(func(r reading) map[string]float64 { return r.status })
	printEach("statements", "", chosen(status, "Com_select", "Com_insert", "Com_update", "Com_delete", "Com_begin", "Com_commit",
		"Com_rollback", "Com_set_option", "Questions"), 0)
	printEach("InnoDB", "", chosen(status, "Rows_read", "Handler_write", "Handler_update", "Innodb_os_log_written",
		"Innodb_data_fsyncs", "Binlog_commits", "Innodb_row_lock_waits", "Bytes_received", "Bytes_sent"), 0)
	printEach("rows", "", perBooking(func(r reading) map[string]float64 { return r.rows }), 0.005)
	printEach("calls to Stripe; confirm is the traveller's", "", perBooking(func(r reading) map[string]float64 { return r.calls }), 0.005)
	printEach("Temporal's requests and persistence", "", perBooking(func(r reading) map[string]float64 { return r.temporal }), 0.05)
	fmt.Printf("bytes of the binary log %.0f, of Temporal's SQLite files %.0f\n", (r.after.binlog-r.before.binlog)/n,
		(r.after.files-r.before.files)/n)
	printHistories(m.f)
	printEach("an idle system, per second: CPU", "ms", each(r.rested.cpu, r.before.cpu, nil, 0, idleTime.Seconds()), 0)
	printEach("an idle system, per minute: statements", "", chosen(each(r.rested.status, r.before.status, nil, 0, idleTime.Minutes()),
		"Com_select", "Com_insert", "Com_update", "Questions"), 0)
	fmt.Printf("wall clock, not valid on a busy machine: %.1f bookings/s, first answer p50 %d ms, p99 %d ms\n\n", all.rate(),
		all.percentile(50).Milliseconds(), all.percentile(99).Milliseconds())
}

func chosen(values map[string]float64, names ...string) map[string]float64 {
	out := map[string]float64{}
	for _, name := range names {
		out[name] = values[name]
	}
	return out
}

// printHistories prints what Temporal keeps of the newest bookings' workflows, on average.
func printHistories(f fleet) {
	f.T.Helper()
	references := pairs(f.T, f.DB.SQL, "SELECT reference, id FROM bookings ORDER BY id DESC LIMIT "+strconv.Itoa(historySample))
	var events, bytes, transitions, actions float64
	for reference := range references {
		described, err := f.Temporal.DescribeWorkflowExecution(f.T.Context(), f.WorkflowID(reference), "")
		require.NoError(f.T, err)
		info := described.GetWorkflowExecutionInfo()
		events += float64(info.GetHistoryLength())
		bytes += float64(info.GetHistorySizeBytes())
		transitions += float64(info.GetStateTransitionCount())
		actions += float64(testkit.CostOf(f.History(reference)).Actions)
	}
	n := float64(len(references))
	fmt.Printf("history of %d workflows, on average: %.1f events, %.0f bytes, %.1f state transitions, %.1f billable actions\n",
		len(references), events/n, bytes/n, transitions/n, actions/n)
}

// printSpace prints what the bookings occupy in the database. Pages are not full: those of an index that is filled in random order are
// about two thirds full.
func printSpace(f fleet, before, after map[string]space, n float64) {
	pages, records := map[string]float64{}, map[string]float64{}
	var rows, indexes, rowRecords, indexRecords float64
	for table, now := range after {
		was := before[table]
		pages[table] = (now.rows + now.indexes - was.rows - was.indexes) / n
		records[table] = (now.rowRecords + now.indexRecords - was.rowRecords - was.indexRecords) / n
		rows += (now.rows - was.rows) / n
		indexes += (now.indexes - was.indexes) / n
		rowRecords += (now.rowRecords - was.rowRecords) / n
		indexRecords += (now.indexRecords - was.indexRecords) / n
	}
	printEach("pages of tables with their indexes", "bytes", pages, 1)
	printEach("records in these pages", "bytes", records, 1)
	fmt.Printf("all tables: rows %.0f bytes in pages of %.0f, other indexes %.0f bytes in pages of %.0f; the values as text: %d bytes\n\n",
		rowRecords, rows, indexRecords, indexes, valuesOf(f)/int(n+benchWarm))
}

// valuesOf is the size of all values of the database as text.
func valuesOf(f fleet) (bytes int) {
	for _, size := range bytesByTable(f.Stack) {
		bytes += size
	}
	return bytes
}

// counters reads the counters of Prometheus's text format whose name begins with one of the prefixes, summed by name and operation.
func counters(text string, prefixes ...string) map[string]float64 {
	sums := map[string]float64{}
	for line := range strings.Lines(text) {
		series, value, found := strings.Cut(strings.TrimSpace(line), "} ")
		name, labels, _ := strings.Cut(series, "{")
		number, err := strconv.ParseFloat(value, 64)
		if !found || err != nil {
			continue
		}
		for _, prefix := range prefixes {
			if name == prefix {
				sums[prefix+", all"] += number
				sums[prefix+" "+label(labels, "operation")] += number
			}
		}
	}
	return sums
}

func label(labels, name string) string {
	_, rest, _ := strings.Cut(labels, name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
