package test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// The process that records a payment dies before and after the transaction with its event, and the one that delivers before and after it
// signals, sends and records the answer. Each time the shop hears of the booking, under one id.
func TestKilledOnTheWayToAReceiver(t *testing.T) {
	t.Parallel()
	for point, sent := range map[string]int{
		"before-record-outcome": 1, "after-record-outcome": 1, "before-signal-webhooks": 1, "after-signal-webhooks": 1,
		"before-deliver-webhook": 1, "after-deliver-webhook": 2, "after-webhook-answer": 1,
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point})
			r := newReceiver(s)
			r.register("killed")
			booked := s.BookAndPay("kill", nil)
			r.await(sent)
			s.Eventually(func() bool {
				return s.DB.Count(t, "SELECT COUNT(*) FROM webhook_deliveries WHERE delivered_at IS NOT NULL") == 1
			},
				"the answer was not recorded; logs:\n%s", s.Logs)
			s.AwaitWorkflowEnd(booked.Reference)
			s.RequireDeaths("worker", 1)
			ids := map[string]bool{}
			for _, event := range r.events("killed") {
				require.Equal(t, booked.Reference, event.Data.Booking.Reference, fmt.Sprint(event))
				ids[event.id] = true
			}
			require.Len(t, ids, 1, "the one window in which an event is sent twice")
			require.Len(t, r.events("killed"), sent)
			s.RequirePromises()
		})
	}
}
