package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testdb"
	"farebook/internal/sqlerror"
	"farebook/store"
	"farebook/store/drafts"
	"farebook/store/monthend"
	"farebook/store/recon"
)

// A disk that was full can leave MariaDB with an entry of a UNIQUE index whose row it has taken back: each INSERT of that row is refused as
// a duplicate. Nothing is taken for written because of it: the step ends as one of a database that cannot serve, and has its effect once
// the index is repaired.
func TestADuplicateWithoutItsRowIsNoRow(t *testing.T) {
	t.Parallel()
	for _, one := range onceWritten {
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

// onceWritten are the steps that write a row under a UNIQUE key, and take one that exists for their own.
var onceWritten = []struct {
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
	{"moved_amounts", refundOnce},
	{"refunds", refundOnce},
	{"idempotency_keys", refundOnce},
	{"bookings", func(b books) func() error {
		return func() error {
			_, err := b.reserve("key", 1)
			return err
		}
	}},
	{"stripe_events", func(b books) func() error {
		return func() error {
			_, err := b.Store.ReceiveEvent(b.t.Context(), store.Event{ID: "evt_1", Type: "charge.updated", Created: b.Store.Now()}, "", time.Hour)
			return err
		}
	}},
	{"webhook_endpoints", func(b books) func() error {
		id := access.NewEndpointID()
		return func() error {
			_, err := b.Store.CreateEndpoint(b.t.Context(), store.NewEndpoint{ID: id, ClientID: b.caller.ClientID}, testdb.Tester)
			return err
		}
	}},
	{"reconciliation_runs", func(b books) func() error {
		run := recon.Run{CorrelationID: "recon_1", StartedAt: b.Store.Now(), WindowStart: b.Store.Now(), WindowEnd: b.Store.Now()}
		return func() error {
			_, err := recon.New(b.Store).BeginRun(b.t.Context(), run)
			return err
		}
	}},
	{"financial_ledger", func(b books) func() error {
		journal := monthend.Journal{Key: "bank-fee-1", Reason: "Bank charges of March", EffectiveAt: settledAt, Entries: []monthend.JournalEntry{
			{Account: "expense:stripe_fees", Side: "debit", Amount: 500, Currency: "USD"},
			{Account: "asset:bank", Side: "credit", Amount: 500, Currency: "USD"},
		}}
		return func() error {
			_, err := monthend.New(b.Store).Post(b.t.Context(), journal, monthend.Limits{"USD": 500}, alice)
			return err
		}
	}},
	{"api_keys", func(b books) func() error {
		key := store.NewAPIKey{ClientID: b.caller.ClientID, KeyID: access.NewKeyID()}
		return func() error {
			_, _, err := b.Store.CreateAPIKey(b.t.Context(), key, testdb.Tester)
			return err
		}
	}},
	{"console_people", func(b books) func() error {
		return func() error {
			_, err := b.Store.SignIn(b.t.Context(), store.Person{Issuer: "https://issuer.example", Subject: "sam", Role: access.Support}, "c-1")
			return err
		}
	}},
	{"evidence_drafts", func(b books) func() error {
		of := drafts.Dispute{ID: "dp_1", BookingID: uint64(b.Count(b.t, "SELECT id FROM bookings WHERE reference = ?", b.held().Reference))}
		return func() error {
			_, err := drafts.New(b.Store).Save(b.t.Context(), drafts.Saving{Dispute: of, By: testdb.Tester})
			return err
		}
	}},
}

// refundOnce refunds a part of a booking as support, under one key.
func refundOnce(b books) func() error {
	b.AtNoon()
	sam, of := b.signedIn("sam", access.Support), b.paidBookings(1)[0]
	return func() error {
		_, err := b.refundAs(sam, of, "key", 100_00, supportLimits)
		return err
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
