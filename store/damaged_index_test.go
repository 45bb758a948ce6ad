package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/sqlerror"
	"farebook/store"
)

// A disk that was full can leave MariaDB with an entry of a UNIQUE index whose row it has taken back: each INSERT of that row is refused as
// a duplicate. Nothing is taken for written because of it: the step ends as one of a database that cannot serve, and has its effect once
// the index is repaired.
func TestADuplicateWithoutItsRowIsNoRow(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		table string
		begin func(b books) (step func() error)
	}{
		{"emails", recordPaid},
		{"payments", func(b books) func() error {
			step := recordPaid(b)
			b.Exec(b.t, "DELETE FROM payments")
			return step
		}},
		{"audit_log", func(b books) func() error {
			return func() error {
				return b.Store.Audit(b.t.Context(), store.AuditEntry{
					Actor: access.Actor{Name: "sam"}, Action: store.ActionReconcile, Subject: "run", DedupeKey: "run/1",
				})
			}
		}},
		{"moved_amounts", func(b books) func() error {
			b.AtNoon()
			sam, of := b.signedIn("sam", access.Support), b.paidBookings(1)[0]
			return func() error {
				_, err := b.refundAs(sam, of, "key", 100_00, supportLimits)
				return err
			}
		}},
	} {
		t.Run(one.table, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			step := one.begin(b)
			count := "SELECT COUNT(*) FROM " + one.table
			before := b.Count(t, count)
			b.Exec(t, "CREATE TRIGGER damaged BEFORE INSERT ON "+one.table+" FOR EACH ROW SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1062, "+
				"MESSAGE_TEXT = 'Duplicate entry'")
			err := step()
			require.Error(t, err)
			require.True(t, sqlerror.Unavailable(err), err)

			b.Exec(t, "DROP TRIGGER damaged")
			require.NoError(t, step())
			require.Equal(t, before+1, b.Count(t, count))
			require.NoError(t, step(), "a row that exists is no error")
			require.Equal(t, before+1, b.Count(t, count))
		})
	}
}

// recordPaid records the payment of a booking that is held.
func recordPaid(b books) func() error {
	snapshot := paid(b.held(), true)
	return func() error {
		_, err := b.record(snapshot, store.ReasonEvent)
		return err
	}
}
