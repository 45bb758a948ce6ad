package testkit

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"farebook/internal/dev/testdb"
)

// newDB is a database whose emails have numbers that no other test's have: they are part of workflow ids, and all tests share
// one Temporal namespace. A workflow that another test left behind would be taken for this one's.
func newDB(t testing.TB) *testdb.DB {
	db := testdb.New(t)
	db.Exec(t, fmt.Sprintf("ALTER TABLE emails AUTO_INCREMENT = %d", 1+rand.Int64N(1<<40)))
	return db
}
