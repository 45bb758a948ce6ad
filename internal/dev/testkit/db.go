package testkit

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"farebook/internal/dev/testdb"
)

// newDB returns a database with email ids that no other test uses. Workflow ids contain them and all tests share one Temporal
// namespace, so a workflow that another test left behind would be taken for this test's.
func newDB(t testing.TB) *testdb.DB {
	db := testdb.New(t)
	db.Exec(t, fmt.Sprintf("ALTER TABLE emails AUTO_INCREMENT = %d", 1+rand.Int64N(1<<40)))
	return db
}
