package migrations

import (
	"io/fs"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
)

func TestStatementsEndWithASemicolonAtTheEndOfALine(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		"CREATE TABLE a (\n  id INT, b VARCHAR(9) DEFAULT ';' NOT NULL\n)",
		"INSERT INTO a (id) VALUES (1)",
		"UPDATE a SET b = 'x'",
	}, Statements(`-- What it is for; in two lines,
-- the second of which ends so;

-- +goose Up
CREATE TABLE a (
  -- A comment; within.
  id INT, b VARCHAR(9) DEFAULT ';' NOT NULL
);
INSERT INTO a (id) VALUES (1);

-- Another;
UPDATE a SET b = 'x';

-- +goose Down
DROP TABLE a;
`))
}

// The runner waits for the table that a statement names, and so has to know it for each statement of each migration.
func TestEachStatementIsAboutATable(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(files, "sql/*.sql")
	require.NoError(t, err)
	for _, name := range names {
		source, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		statements := Statements(string(source))
		require.NotEmpty(t, statements, name)
		for _, statement := range statements {
			require.NotEmpty(t, newChange(name, 1, 1, statement).table, "%s: %s", name, statement)
		}
	}
	for statement, want := range map[string][2]string{
		"CREATE UNIQUE INDEX a\n  ON b (c)":       {"CREATE INDEX", "b"},
		"DROP INDEX a ON b LOCK = NONE":           {"DROP INDEX", "b"},
		"ALTER TABLE bookings ADD COLUMN a INT":   {"ALTER TABLE", "bookings"},
		"UPDATE a x JOIN b y ON y.id = x.id":      {"UPDATE", "a"},
		"INSERT INTO a (b)\nWITH RECURSIVE c AS":  {"INSERT INTO", "a"},
		"CREATE TABLE a (id INT NOT NULL)":        {"CREATE TABLE", "a"},
		"-- no statement that migrations consist": {"", ""},
	} {
		c := newChange("0041_a", 1, 1, statement)
		require.Equal(t, want, [2]string{c.verb, c.table}, statement)
	}
}

// A duplicate value says that a row of INSERT is there, but that an index of CREATE UNIQUE INDEX cannot be built.
func TestOnlyAnErrorOfRepetitionMeansThatAStatementWasApplied(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		statement string
		number    uint16
		again     bool
		want      bool
	}{
		{"ALTER TABLE a ADD COLUMN b INT", 1060, true, true},
		{"ALTER TABLE a ADD COLUMN b INT", 1060, false, false},
		{"ALTER TABLE a ADD COLUMN b INT", 1062, true, false},
		{"CREATE UNIQUE INDEX i ON a (b)", 1061, true, true},
		{"CREATE UNIQUE INDEX i ON a (b)", 1062, true, false},
		{"INSERT INTO a VALUES (1)", 1062, true, true},
		{"CREATE TABLE a (id INT)", 1050, true, true},
		{"UPDATE a SET b = 1", 1062, true, false},
	} {
		change := newChange("0041_a", 1, 1, c.statement)
		change.mayBeApplied = c.again
		require.Equal(t, c.want, change.wasApplied(&mysql.MySQLError{Number: c.number}), "%+v", c)
	}
}

func TestAmountsHaveThousandsSeparators(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1002003: "1,002,003"} {
		require.Equal(t, want, amount(n))
	}
}
