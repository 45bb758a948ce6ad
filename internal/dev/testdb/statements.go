package testdb

import (
	"regexp"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
)

// Logged returns a DSN whose connections have the server log each of their statements in mysql.slow_log. The server's switches are set for
// all connections that are opened from now on, and log nothing of one that keeps the usual long_query_time.
func (db *DB) Logged(t testing.TB, dsn string) string {
	t.Helper()
	for _, setting := range []string{"log_output = 'TABLE'", "slow_query_log = ON"} {
		db.Exec(t, "SET GLOBAL "+setting)
	}
	config, err := mysql.ParseDSN(dsn)
	require.NoError(t, err)
	if config.Params == nil {
		config.Params = map[string]string{}
	}
	config.Params["long_query_time"] = "0"
	return config.FormatDSN()
}

// Statement is one that the server has logged.
type Statement struct {
	Connection uint64
	Text       string // with its values
}

// Statements are those that connections of a Logged DSN have sent to this schema, in the order in which they ended.
func (db *DB) Statements(t testing.TB) []Statement {
	t.Helper()
	rows, err := db.SQL.QueryContext(t.Context(),
		"SELECT thread_id, CONVERT(sql_text USING utf8mb4) FROM mysql.slow_log WHERE db = ?", db.Name)
	require.NoError(t, err)
	defer func() { _ = rows.Close() }() // read to the end; Err tells
	var logged []Statement
	for rows.Next() {
		var one Statement
		require.NoError(t, rows.Scan(&one.Connection, &one.Text))
		if !session.MatchString(one.Text) {
			logged = append(logged, one)
		}
	}
	require.NoError(t, rows.Err())
	return logged
}

// session is what a connection says of itself when it is opened or closed.
var session = regexp.MustCompile(`^(?i:SET |SELECT (CONNECTION_ID|@@|VERSION)|# administrator command)`)

var (
	text   = regexp.MustCompile(`(?s)(_binary)?'(?:[^'\\]|\\.|'')*'`)
	number = regexp.MustCompile(`\b\d+(\.\d+)?\b`)
	list   = regexp.MustCompile(`\?(\s*,\s*\?)+`)
	rest   = regexp.MustCompile(`\(\?\)(\s*,\s*\(\?\))+`)
	space  = regexp.MustCompile(`\s+`)
)

// Shape is the statement without its values.
func (s Statement) Shape() string {
	shape := s.Text
	for _, value := range []*regexp.Regexp{text, number} {
		shape = value.ReplaceAllString(shape, "?")
	}
	shape = strings.NewReplacer("NULL", "?", "true", "?", "false", "?").Replace(shape)
	shape = rest.ReplaceAllString(list.ReplaceAllString(shape, "?"), "(?)")
	return strings.TrimSpace(strings.ReplaceAll(space.ReplaceAllString(shape, " "), "`", ""))
}

// changing is a statement that writes rows.
var changing = regexp.MustCompile(`^(?i:INSERT|UPDATE|DELETE|REPLACE)`)

// Commits counts the transactions among statements that write: each is flushed to the log when it ends. A statement outside of a
// transaction is one.
func Commits(statements []Statement) (commits int) {
	type transaction struct{ open, writes bool }
	of := map[uint64]transaction{}
	for _, one := range statements {
		now := of[one.Connection]
		switch keyword, _, _ := strings.Cut(strings.ToUpper(one.Text), " "); {
		case keyword == "BEGIN", keyword == "START":
			now = transaction{open: true}
		case keyword == "ROLLBACK" && !strings.Contains(strings.ToUpper(one.Text), "SAVEPOINT"):
			now = transaction{}
		case keyword == "COMMIT":
			if now.writes {
				commits++
			}
			now = transaction{}
		case changing.MatchString(one.Text) && now.open:
			now.writes = true
		case changing.MatchString(one.Text):
			commits++
		}
		of[one.Connection] = now
	}
	return commits
}
