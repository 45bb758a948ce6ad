package test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// A further payment that a restored database has lost comes back as one of its booking; its purpose comes back with the repeated request.
func TestLostFurtherPaymentIsRebuilt(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: rareSweeps})
	booked := s.BookAndPay("kept", nil)
	s.AwaitQuiet()
	backup := s.DB.Backup(t)
	bagged := payFurther(s, booked.Reference, "bag")
	s.AwaitQuiet()
	s.AwaitRest(s.WorkflowID(booked.Reference), s.WorkflowID(bagged.Reference))
	backup.Restore(t)
	l := &lostHour{Stack: s}
	l.run("fence", "raise", "--reason", "the database was restored")
	plan := l.planAs()
	require.Len(t, plan.Items, 1)
	l.run("rebuild", "--apply", strconv.Itoa(plan.Plan))
	l.run("fence", "lower", "--note", "the books have what Stripe has")
	l.run("emails", "drop", "--all", "--note", "the mail server's log has them")
	s.AwaitStatus(bagged.Reference, "confirmed")
	require.Equal(t, booked.Reference, s.DB.Text(t, "SELECT supplement_of FROM bookings WHERE reference = ?", bagged.Reference))
	require.Equal(t, 1, s.DB.Count(t, "SELECT supplements FROM bookings WHERE reference = ?", booked.Reference))

	again := askFurther(s, booked.Reference, "bag", bag(nil))
	require.Equal(t, bagged.Reference, again.Reference)
	require.Equal(t, "baggage", s.DB.Text(t, "SELECT purpose FROM bookings WHERE reference = ?", bagged.Reference))
	require.Equal(t, 2, s.CreatedPaymentIntents())
	s.AwaitQuiet()
	s.RequirePromises()
}
