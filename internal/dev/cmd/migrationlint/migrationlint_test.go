package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// findings checks a migration with the given statements.
func findings(statements string) []string {
	var messages []string
	for _, f := range checkFile("0041_a.sql", "-- What it is for.\n\n-- +goose Up\n"+statements+"\n\n-- +goose Down\nDROP TABLE bookings;\n") {
		messages = append(messages, f.String())
	}
	return messages
}

func TestStatementsThatBlockNobodyPass(t *testing.T) {
	t.Parallel()
	for name, statements := range map[string]string{
		"a column":                "ALTER TABLE bookings ADD COLUMN a INT NULL, ALGORITHM = INSTANT;",
		"a column, in lower case": "alter table bookings add column a int null, algorithm=instant;",
		"a key":                   "ALTER TABLE bookings ADD KEY a (b), ALGORITHM = INPLACE, LOCK = NONE;",
		"an index":                "CREATE UNIQUE INDEX a ON bookings (b) ALGORITHM = INPLACE LOCK = NONE;",
		"an index, clauses round": "CREATE INDEX a ON bookings (b) LOCK=NONE ALGORITHM=INPLACE;",
		"an index that goes":      "DROP INDEX a ON bookings ALGORITHM = INPLACE LOCK = NONE;",
		"a table":                 "CREATE TABLE a (id INT PRIMARY KEY, CONSTRAINT f FOREIGN KEY (id) REFERENCES bookings (id));",
		"a new table changed":     "CREATE TABLE a (id INT PRIMARY KEY);\n\nALTER TABLE a ADD COLUMN b INT;\n\nUPDATE a SET b = 1;",
		"one row":                 "INSERT INTO bookings (id) VALUES (1);",
		"rows of no table": "INSERT INTO locks (bucket)\nWITH RECURSIVE b AS (SELECT 0 AS n UNION ALL SELECT n + 1 FROM b WHERE n < 255)\n" +
			"SELECT n FROM b;",
		"a reason":              "-- Exempt bookings: an installation has a hundred of them.\nALTER TABLE bookings ADD COLUMN a INT;",
		"a reason among others": "-- What it is for.\n-- Exempt bookings: it has few rows.\n-- More.\nUPDATE bookings SET a = 1;",
		"a reason for each": "-- Exempt bookings: it has few rows.\n-- Exempt payments: these are few, too.\n" +
			"UPDATE bookings b JOIN payments p ON p.booking_id = b.id SET b.a = p.a;",
		"a semicolon within": "CREATE TABLE a (\n  -- One; or two.\n  b VARCHAR(9) DEFAULT ';'\n);",
	} {
		require.Empty(t, findings(statements), name)
	}
}

func TestStatementsThatBlockAreRefused(t *testing.T) {
	t.Parallel()
	for statements, want := range map[string]string{
		"ALTER TABLE bookings ADD COLUMN a INT;":                                          ":4: ALTER TABLE bookings does not say",
		"\n\nALTER TABLE bookings ADD KEY a (b),\n  ALGORITHM = INPLACE;":                 ":6: ALTER TABLE bookings does not say",
		"ALTER TABLE bookings ADD KEY a (b), ALGORITHM = INPLACE, LOCK = SHARED;":         "add ALGORITHM = INSTANT, or",
		"ALTER TABLE bookings MODIFY a INT, ALGORITHM = COPY, LOCK = NONE;":               "does not say that bookings continue",
		"CREATE INDEX a ON bookings (b);":                                                 "CREATE INDEX on bookings does not say",
		"CREATE INDEX a ON bookings (b) ALGORITHM = INPLACE;":                             "write ALGORITHM = INPLACE LOCK = NONE",
		"DROP INDEX a ON bookings;":                                                       "DROP INDEX on bookings",
		"UPDATE bookings SET a = 1;":                                                      "UPDATE changes rows of bookings",
		"UPDATE bookings SET a = 1 WHERE id = 7;":                                         "-- Exempt bookings: REASON",
		"DELETE FROM bookings;":                                                           "DELETE removes rows of bookings",
		"CREATE TABLE c (id INT);\nINSERT INTO c SELECT id FROM bookings;":                ":5: INSERT … SELECT reads bookings",
		"REPLACE INTO locks SELECT id FROM bookings;":                                     "reads bookings and locks",
		"CREATE TABLE c AS SELECT * FROM bookings;":                                       "CREATE TABLE … SELECT reads bookings",
		"INSERT INTO c WITH x AS (SELECT id FROM bookings) SELECT id FROM x;":             "reads bookings",
		"DROP TABLE bookings;":                                                            "DROP TABLE removes bookings",
		"RENAME TABLE bookings TO b;":                                                     "RENAME TABLE takes bookings away",
		"TRUNCATE TABLE bookings;":                                                        "does not cover *ast.TruncateTableStmt",
		"ALTER TABLE bookings ADD a INT, ALGORITHM = NOCOPY, LOCK = NONE;":                "MySQL's grammar refuses",
		"-- Exempt bookings: few\nUPDATE bookings SET a = 1;":                             "UPDATE changes rows of bookings",
		"-- Exempt payments: it has few rows.\nUPDATE bookings SET a = 1;":                "UPDATE changes rows of bookings",
		"-- Exempt bookings: it has few rows.\nCREATE TABLE c (id INT);":                  "needs no exemption for bookings",
		"CREATE TABLE c (id INT); CREATE TABLE d (id INT);":                               "into 1 statements, the grammar into 2",
		"-- Exempt bookings: it has few rows.\n\nUPDATE bookings SET a = 1; -- and so on": "into 0 statements, the grammar into 1",
	} {
		found := findings(statements)
		require.NotEmpty(t, found, statements)
		require.Contains(t, found[0], want, statements)
	}
}

func TestEachTableOfAStatementNeedsItsReason(t *testing.T) {
	t.Parallel()
	found := findings("-- Exempt payments: it has few rows.\nUPDATE bookings b JOIN payments p ON p.booking_id = b.id SET b.a = p.a;")
	require.Len(t, found, 1)
	require.Contains(t, found[0], "0041_a.sql:5: UPDATE changes rows of bookings")
}

func TestMigrationsOfThisProjectFollowTheRule(t *testing.T) {
	t.Parallel()
	found, err := checkFolder(filepath.Join("..", "..", "..", "..", "migrations", "sql"))
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestMigrationsBeforeTheRuleAreNotChecked(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	write := func(name string) {
		source := "-- +goose Up\nUPDATE bookings SET a = 1;\n"
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), []byte(source), 0o600))
	}
	write("0040_a.sql")
	write("0041_b.sql")
	found, err := checkFolder(directory)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.True(t, strings.HasPrefix(found[0].String(), filepath.Join(directory, "0041_b.sql")+":2: "), found[0])
	_, err = checkFolder(t.TempDir())
	require.ErrorContains(t, err, "no migration in")
}
