package tracing

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"regexp"
	"strings"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
)

// OpenDB is sql.OpenDB, with a span for each statement below the span of its context. A statement is recorded as its text with
// placeholders, never with its values.
func OpenDB(connector driver.Connector) *sql.DB {
	if !On() {
		return sql.OpenDB(connector)
	}
	return otelsql.OpenDB(connector, otelsql.WithMeterProvider(noMetrics), otelsql.WithSpanNameFormatter(statementName),
		otelsql.WithAttributes(attribute.String("db.system.name", "mysql")),
		otelsql.WithSpanErrorAttributesGetter(func(err error) []attribute.KeyValue {
			return []attribute.KeyValue{attribute.String("error.type", fmt.Sprintf("%T", err))}
		}),
		otelsql.WithSpanOptions(otelsql.SpanOptions{
			OmitConnResetSession: true, OmitConnPrepare: true, OmitRows: true, OmitConnectorConnect: true, DisableErrSkip: true,
			SpanFilter: func(ctx context.Context, method otelsql.Method, _ string, _ []driver.NamedValue) bool {
				return within(ctx) && method != otelsql.MethodConnBeginTx
			},
		}))
}

// table is the first table that a statement names.
var table = regexp.MustCompile("(?i)\\b(?:FROM|INTO|UPDATE|TABLE)\\s+`?([a-z_]+)`?")

// statementName returns the verb of a statement and its table, a closed set: "INSERT bookings".
func statementName(_ context.Context, method otelsql.Method, query string) string {
	switch method {
	case otelsql.MethodTxCommit:
		return "COMMIT"
	case otelsql.MethodTxRollback:
		return "ROLLBACK"
	}
	verb, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	if verb == "" {
		return "SQL"
	}
	if found := table.FindStringSubmatch(query); found != nil {
		return strings.ToUpper(verb) + " " + found[1]
	}
	return strings.ToUpper(verb)
}
