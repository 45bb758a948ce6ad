package growth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"

	"farebook/access"
	"farebook/internal/clock"
	"farebook/internal/dev/bigbooks"
	"farebook/store"
	"farebook/store/drafts"
	"farebook/store/gauges"
	"farebook/store/monthend"
	"farebook/store/privacy"
	"farebook/store/proof"
	"farebook/store/proposals"
	"farebook/store/recon"
	"farebook/store/report"
)

// Measure runs the scripts on filled books of so many bookings and returns what each call made the server examine. The server must be
// used by nobody else. It changes the books. A step that fails ends its script; the error names each of them, and the calls that were
// made are returned as well.
func Measure(ctx context.Context, adminDSN, appDSN string, size, rounds int) (made []Call, err error) {
	if least := bigbooks.PerClient * (mergedFirst + rounds); size < least {
		return nil, fmt.Errorf("%d rounds need %d bookings at least, because each merges a client", rounds, least)
	}
	s, end, err := newScript(ctx, adminDSN, appDSN, size)
	if err != nil {
		return nil, err
	}
	var failed []error
	for s.round = range rounds {
		s.now = time.Now().UTC().Truncate(time.Microsecond)
		for _, part := range s.parts() {
			if err := guarded(part); err != nil {
				failed = append(failed, fmt.Errorf("round %d on %d bookings: %w", s.round, size, err))
			}
		}
	}
	return s.all(), errors.Join(append(failed, end())...)
}

// newScript connects to filled books as their administrator and as the application. end closes both.
func newScript(ctx context.Context, adminDSN, appDSN string, size int) (s *script, end func() error, err error) {
	config, err := mysql.ParseDSN(adminDSN)
	if err != nil {
		return nil, nil, fmt.Errorf("parse the administrator's DSN: %w", err)
	}
	schema := config.DBName
	config.DBName = "" // its statements are not those of the schema in the server's log
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, nil, err
	}
	admin := sql.OpenDB(connector)
	meter, err := newMeter(ctx, admin) // before the pool: a connection logs by the settings of when it was made
	if err != nil {
		return nil, nil, errors.Join(err, admin.Close())
	}
	books, err := store.Open(ctx, appDSN, clock.System{}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, errors.Join(err, admin.Close())
	}
	proven, err := store.Open(ctx, appDSN, clock.System{}, slog.New(slog.DiscardHandler), store.ForProofs())
	if err != nil {
		return nil, nil, errors.Join(err, books.Close(), admin.Close())
	}
	runs := recon.New(books)
	c := &calls{
		ctx: ctx, meter: meter, schema: schema, made: map[string]*Call{},
		subjects: subjects(books, runs, proof.New(proven), gauges.New(books), report.New(proven), monthend.New(books),
			proposals.New(books), privacy.New(books), drafts.New(books)),
	}
	return &script{
		calls: c, books: books, runs: runs, size: size, now: time.Now().UTC().Truncate(time.Microsecond),
		by: access.Actor{Name: "growth@localhost", CorrelationID: "growth"},
	}, func() error { return errors.Join(books.Close(), proven.Close(), admin.Close()) }, nil
}

// subjects are what has the functions that use the database. A package of store/ that is added belongs here.
func subjects(
	books *store.Store, runs *recon.Runs, prover *proof.Prover, reader *gauges.Reader, reports *report.Reports, months *monthend.Months,
	proposed *proposals.Proposals, personal *privacy.Books, evidence *drafts.Drafts,
) []any {
	return []any{books, runs, prover, reader, reports, months, proposed, personal, evidence}
}

// Uncalled are the functions of the subjects that no call was made of and that are not listed as without a database, and what that list
// has in excess.
func Uncalled(made []Call) []string {
	return uncalled(subjects(nil, nil, nil, nil, nil, nil, nil, nil, nil), made, withoutDatabase)
}

func uncalled(subjects []any, made []Call, exempt map[string]string) (problems []string) {
	called := map[string]bool{}
	for _, call := range made {
		called[call.Function()] = true
	}
	exported := map[string]bool{}
	for _, subject := range subjects {
		t := reflect.TypeOf(subject)
		for i := range t.NumMethod() {
			name := t.Method(i).Name
			exported[name] = true
			switch _, listed := exempt[name]; {
			case listed && called[name]:
				problems = append(problems, fmt.Sprintf("%s.%s is called, and listed as without a database as well", t.Elem(), name))
			case !listed && !called[name]:
				problems = append(problems, fmt.Sprintf("%s.%s is called by no script: call it in internal/dev/growth/script_*.go", t.Elem(), name))
			}
		}
	}
	for name := range exempt {
		if !exported[name] {
			problems = append(problems, name+" is listed as without a database, and does not exist")
		}
	}
	slices.Sort(problems)
	return problems
}

// withoutDatabase are the exported functions that send nothing to the database, and why none is expected to.
var withoutDatabase = map[string]string{
	"Announce":           "sets a field",
	"AnnounceOperations": "calls what Announce set",
	"Close":              "closes the pool",
	"DB":                 "returns the pool to the packages above",
	"Figures":            "reads the pool's own counters",
	"LimitEmails":        "sets a field",
	"Now":                "reads the clock",
	"Observe":            "sets a field",
}
