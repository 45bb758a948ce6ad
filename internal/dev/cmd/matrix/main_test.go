package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/guards"
)

const root = "../../../.."

// Each row names tests that exist, folders that exist, and columns.
func TestRowsNameWhatExists(t *testing.T) {
	t.Parallel()
	rows, err := rowsOf(root)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, one := range rows {
		assert.False(t, seen[one.key], one.key)
		seen[one.key] = true
		require.NotEmpty(t, one.columns, one.key)
		for _, key := range one.columns {
			assert.True(t, slices.ContainsFunc(columns, func(of column) bool { return of.key == key }), "%s: no column %s", one.key, key)
		}
		files, err := filepath.Glob(filepath.Join(root, one.pack, "*_test.go"))
		require.NoError(t, err)
		pattern, found := regexp.MustCompile(one.run), false
		for _, path := range files {
			source, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, match := range testName.FindAllSubmatch(source, -1) {
				found = found || pattern.Match(match[1])
			}
		}
		assert.True(t, found, "%s: %s has no test %s", one.key, one.pack, one.run)
		for _, folder := range one.depends {
			matched, err := filepath.Glob(filepath.Join(root, folder))
			require.NoError(t, err)
			assert.NotEmpty(t, matched, "%s: %s", one.key, folder)
		}
	}
}

const output = `=== RUN   TestReplayRecordedHistories
--- PASS: TestReplayRecordedHistories (0.10s)
    --- PASS: TestReplayRecordedHistories/unbooked.json (0.00s)
    --- PASS: TestReplayRecordedHistories/send_mail.json (0.00s)
--- FAIL: TestOther (0.10s)
    --- FAIL: TestOther/0007 (0.10s)
`

func TestOutputsAreCounted(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 1, countPassed([]byte(output), false))
	assert.Equal(t, 2, countPassed([]byte(output), true))
	assert.Equal(t, "TestOther, TestOther/0007", failures([]byte(output)))
	assert.Equal(t, "the tests did not run", failures([]byte("FAIL farebook/migrations [build failed]")))
}

// The table has a cell for each result: passed, failed, of another source, of a server that cannot be had, and none.
func TestTable(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	command := exec.CommandContext(t.Context(), "git", "init", "-q", folder)
	said, err := command.CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "one.go"), []byte("package one"), 0o600))
	said, err = exec.CommandContext(t.Context(), "git", "-C", folder, "add", "one.go").CombinedOutput()
	require.NoError(t, err, "%s", said)
	kept, err := guards.OpenKept(filepath.Join(folder, "var", "results.jsonl"))
	require.NoError(t, err)
	one := row{key: "schema-0006", title: "books", columns: []string{mariaDBSQLite, mySQLSQLite, mariaDBCluster}, depends: []string{"."}}
	two := row{key: "builds", title: "builds", columns: []string{mariaDBSQLite, mySQLSQLite}, depends: []string{"."}}
	m := &matrix{root: folder, rows: []row{one, two}, kept: kept}
	digest, err := m.digest(t.Context(), one)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "one.go"), []byte("package two"), 0o600))
	another, err := m.digest(t.Context(), one)
	require.NoError(t, err)
	require.NotEqual(t, digest, another)
	for _, result := range []guards.Result{
		{Name: "column " + mariaDBSQLite, By: "MariaDB 10.11.14, Temporal 1.29.1 with SQLite"},
		{Name: mariaDBSQLite + "/schema-0006", Digest: another, Outcome: passed, By: "10 versions", Seconds: 21.4},
		{Name: mySQLSQLite + "/schema-0006", Outcome: notHere, By: oneLine("no MySQL server\ncould | be unpacked")},
		{Name: mariaDBSQLite + "/builds", Digest: digest, Outcome: passed, By: "1 test", Seconds: 40},
		{Name: mySQLSQLite + "/builds", Digest: another, Outcome: failed, By: "TestTwoBuilds"},
	} {
		require.NoError(t, kept.Add(result))
	}
	var out bytes.Buffer
	require.NoError(t, m.print(&out))
	require.Equal(t, `
| upgrade | no server | MariaDB 10.11.14, Temporal 1.29.1 with SQLite | MySQL, Temporal with SQLite | `+
		`MariaDB, Temporal with PostgreSQL | MySQL, Temporal with PostgreSQL |
|---|---|---|---|---|---|
| books |  | 10 versions, 21 s | not here: no MySQL server could / be unpacked | not run |  |
| builds |  | 1 test, 40 s (earlier source) | **failed**: TestTwoBuilds |  |  |
`, out.String())
}
