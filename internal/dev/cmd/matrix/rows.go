package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"farebook/migrations"
)

// row is a kind of upgrade: the tests that play it, and where.
type row struct {
	key, title string
	columns    []string
	pack, run  string   // the package and the pattern of its tests
	flags      []string // of the tests
	// cases are what is counted: tests, or what the subtests of one test are.
	cases cases
	// depends are the folders whose change makes another run due.
	depends []string
}

// cases are the word for one and for several.
type cases struct{ one, several string }

var tests = cases{"test", "tests"}

func (c cases) counted(n int) string {
	if n == 1 {
		return "1 " + c.one
	}
	return strconv.Itoa(n) + " " + c.several
}

func (r row) isOf(c column) bool { return slices.Contains(r.columns, c.key) }

var (
	databases = []string{mariaDBSQLite, mySQLSQLite}
	wholes    = []string{mariaDBSQLite, mySQLSQLite, mariaDBCluster, mySQLCluster}
	books     = []string{"migrations", "store", "internal/dev/bigbooks", "internal/dev/testdb"}
	programs  = []string{
		"activities", "booking", "fence", "internal", "ledger", "migrations", "money", "notice", "starter", "store", "test/*.go", "worker",
		"workflows",
	}
)

// firstReleased is the first version of the schema that was ever that of a commit: migrations 1 to 6 came at once.
const firstReleased = 6

// rangeVersions is from how many versions one cell migrates: 11 to 20.
const rangeVersions = 10

// rowsOf lists the rows by what the source tree has.
func rowsOf(root string) (rows []row, err error) {
	versions, err := migrations.Versions()
	if err != nil {
		return nil, err
	}
	newest := versions[len(versions)-1]
	for first, last := int64(firstReleased), int64(0); first <= newest; first = last + 1 {
		last = min((first+rangeVersions-1)/rangeVersions*rangeVersions, newest)
		rows = append(rows, row{
			key: fmt.Sprintf("schema-%04d", first), title: fmt.Sprintf("books of schema %d to %d", first, last), columns: databases,
			pack: "./migrations/", run: "^TestBooksOfEachVersionAreMigrated$", cases: cases{"version", "versions"}, depends: books,
			flags: []string{"-from", fmt.Sprintf("%d-%d", first, last), "-every", "1"},
		})
	}
	critical, err := criticalPaths(root)
	if err != nil {
		return nil, err
	}
	return append(rows,
		row{
			key: "migrations", title: "each version empty, and twice; interrupted runs, lock waits, back-fills, dates, months", columns: databases,
			pack: "./migrations/", run: ".", cases: tests, depends: books,
		},
		row{
			key: "carry-over", title: "ledgers of an earlier release carried over", columns: databases,
			pack: "./store/", run: "CarriedOver|EarlierRelease|OlderRelease", cases: tests, depends: books,
		},
		row{
			key: "while-paying", title: "the previous release's schema migrated while its bookings are paid", columns: wholes[:3],
			pack: "./test/", run: "^TestBookingsArePaidWhileLargeTablesAreMigrated$", cases: tests, depends: programs,
		},
		row{
			key: "previous-release", title: "the previous release beside this one", columns: wholes,
			pack: "./test/", run: "^TestThePreviousReleaseRunsOnThisSchema$", cases: tests, depends: programs,
		},
		row{
			key: "builds", title: "two builds of the worker", columns: wholes,
			pack: "./test/", run: "^TestTwoBuildsRunBesideOneAnother$", cases: tests, depends: programs,
		},
		row{
			key: "critical", title: "the critical paths", columns: wholes, pack: "./test/", run: critical, cases: tests, depends: programs,
		},
		row{
			key: "histories", title: "each recorded history replayed by this code, with payloads plain and encrypted",
			columns: []string{withoutServer}, pack: "./workflows/", run: "^TestReplayRecordedHistories$",
			cases: cases{"history", "histories"}, depends: []string{"workflows", "activities"},
		},
	), nil
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// criticalPaths is the pattern of the tests that `make critical` runs.
func criticalPaths(root string) (string, error) {
	source, err := os.ReadFile(filepath.Join(root, "test", "critical_paths_test.go"))
	if err != nil {
		return "", err
	}
	var names []string
	for _, found := range testName.FindAllSubmatch(source, -1) {
		names = append(names, string(found[1]))
	}
	return "^(" + strings.Join(names, "|") + ")$", nil
}
