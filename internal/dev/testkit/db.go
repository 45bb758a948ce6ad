package testkit

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"farebook/internal/dev/testdb"
)

// newDB returns a database on a server, or on the one that all tests share. Its email ids are those of no other test: workflow ids contain
// them and all tests share one Temporal namespace, so a workflow that another test left behind would be taken for this test's.
func newDB(t testing.TB, server string) *testdb.DB {
	t.Helper()
	var db *testdb.DB
	if server == "" {
		db = testdb.New(t)
	} else {
		db = testdb.On(t, server)
	}
	db.Exec(t, fmt.Sprintf("ALTER TABLE emails AUTO_INCREMENT = %d", 1+rand.Int64N(1<<40)))
	return db
}
