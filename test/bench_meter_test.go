package test

import (
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// meter counts what bookings cost: CPU by process, the server's statements, the binary log, Temporal's files and calls to Stripe.
// Counts and CPU time are valid on a busy machine.
type meter struct {
	f         fleet
	processes clocks
	temporal  string // the directory of Temporal's database
	metrics   string // the address of Temporal's metrics
}

// reading is what a meter has counted so far, by name.
type reading struct {
	at     time.Time
	cpu    map[string]float64 // milliseconds, by process
	status map[string]float64 // of SHOW GLOBAL STATUS
	calls  map[string]float64 // to Stripe, by method and path
	rows   map[string]float64 // by table
	binlog float64            // bytes
	files  float64            // bytes of Temporal's database
	// temporal counts requests and operations of persistence, by name and operation.
	temporal map[string]float64
}

func (m meter) read() reading {
	m.f.T.Helper()
	r := reading{at: time.Now(), cpu: m.processes.spent(m.f.T), status: map[string]float64{}, calls: map[string]float64{}}
	for name, value := range pairs(m.f.T, m.f.DB.SQL, "SHOW GLOBAL STATUS") {
		number, err := strconv.ParseFloat(value, 64)
		if err == nil {
			r.status[name] = number
		}
	}
	for _, call := range m.f.Stripe.Journal().Records() {
		r.calls[call.Method+" "+withoutIDs(call.Path)]++
	}
	r.rows = rowsByTable(m.f)
	r.binlog = binlogBytes(m.f.T, m.f.DB.SQL)
	r.temporal = counters(m.page(), "service_requests", "persistence_requests")
	r.files = sizeOf(m.f.T, filepath.Join(m.temporal, "temporal.db*"))
	return r
}

// page reads the metrics of Temporal's server.
func (m meter) page() string {
	m.f.T.Helper()
	status, text := getText(m.f.T, m.metrics)
	require.Equal(m.f.T, http.StatusOK, status, text)
	return text
}

// pairs reads a statement that returns names and values.
func pairs(t testing.TB, db *sql.DB, query string) map[string]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer func() { _ = rows.Close() }() // read to the end; Err tells
	values := map[string]string{}
	for rows.Next() {
		var name, value string
		require.NoError(t, rows.Scan(&name, &value))
		values[name] = value
	}
	require.NoError(t, rows.Err())
	return values
}

// stripeID is an id in a path at Stripe, such as pi_3He9xVLZ: the names of endpoints have no digit after an underscore.
var stripeID = regexp.MustCompile(`/[a-z]+_[A-Za-z]*[0-9]\w*`)

func withoutIDs(path string) string { return stripeID.ReplaceAllString(path, "/{id}") }

func rowsByTable(f fleet) map[string]float64 {
	f.T.Helper()
	rows := map[string]float64{}
	for table := range pairs(f.T, f.DB.SQL, tablesOf(f)) {
		rows[table] = float64(f.DB.Count(f.T, "SELECT COUNT(*) FROM "+table))
	}
	return rows
}

func tablesOf(f fleet) string {
	return "SELECT table_name, engine FROM information_schema.tables WHERE table_schema = '" + f.DB.Name + "'"
}

// binlogBytes is the size of all binary logs.
func binlogBytes(t testing.TB, db *sql.DB) (bytes float64) {
	t.Helper()
	for _, size := range pairs(t, db, "SHOW BINARY LOGS") {
		n, err := strconv.ParseFloat(size, 64)
		require.NoError(t, err)
		bytes += n
	}
	return bytes
}

func sizeOf(t testing.TB, pattern string) (bytes float64) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files, pattern)
	for _, file := range files {
		info, err := os.Stat(file)
		require.NoError(t, err)
		bytes += float64(info.Size())
	}
	return bytes
}

// space is what a table occupies in InnoDB, in bytes: whole pages, and the records in them.
type space struct{ rows, rowRecords, indexes, indexRecords float64 }

// spaces reads it by table from the pages in the buffer pool, which holds the whole database of a benchmark: the statistics of tables
// count whole extents.
func spaces(f fleet) map[string]space {
	f.T.Helper()
	rows, err := f.DB.SQL.QueryContext(f.T.Context(), "SELECT SUBSTRING_INDEX(REPLACE(table_name, '`', ''), '.', -1), index_name = 'PRIMARY', "+
		"COUNT(*) * @@innodb_page_size, SUM(data_size) FROM information_schema.innodb_buffer_page "+
		"WHERE page_type = 'INDEX' AND REPLACE(table_name, '`', '') LIKE ? GROUP BY 1, 2", f.DB.Name+".%")
	require.NoError(f.T, err)
	defer func() { _ = rows.Close() }() // read to the end; Err tells
	all := map[string]space{}
	for rows.Next() {
		var table string
		var primary bool
		var pages, records float64
		require.NoError(f.T, rows.Scan(&table, &primary, &pages, &records))
		one := all[table]
		if primary {
			one.rows, one.rowRecords = pages, records
		} else {
			one.indexes, one.indexRecords = pages, records
		}
		all[table] = one
	}
	require.NoError(f.T, rows.Err())
	return all
}

// each divides what was counted between two readings by a number of bookings, less what an idle system counts in the same time.
func each(before, after, idle map[string]float64, idleShare, bookings float64) map[string]float64 {
	out := map[string]float64{}
	for name := range after {
		out[name] = (after[name] - before[name] - idle[name]*idleShare) / bookings
	}
	return out
}

// printEach prints the values of at least the least, the largest first.
func printEach(title, unit string, values map[string]float64, least float64) {
	fmt.Printf("%s\n", title)
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		if values[a] != values[b] {
			return map[bool]int{true: -1, false: 1}[values[a] > values[b]]
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		if values[name] >= least {
			fmt.Printf("  %-44s %10.2f %s\n", name, values[name], unit)
		}
	}
}
