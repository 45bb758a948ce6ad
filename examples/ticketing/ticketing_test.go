package ticketing_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"farebook/examples/ticketing"
	"farebook/internal/dev/testkit"
)

func TestMain(m *testing.M) {
	code := m.Run()
	testkit.RemoveBinaries()
	os.Exit(code)
}

// limits are short, so that an airline that hangs is given up within seconds.
var limits = ticketing.Limits{Ticket: 12 * time.Second, Attempt: time.Second}

// shop is the shop with its orders, its worker and its airline, beside a running Farebook.
type shop struct {
	*testkit.Stack

	airline *airline
	orders  ticketing.Folder
	queue   string
	program string
	env     []string
}

func open(t *testing.T) *shop {
	t.Helper()
	s := &shop{Stack: testkit.New(t, testkit.Options{}), airline: startAirline(t), orders: ticketing.Folder(t.TempDir())}
	s.queue = s.DB.Name + "-shop"
	s.program = filepath.Join(t.TempDir(), "shop-worker")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", s.program, "farebook/examples/ticketing/worker")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	s.env = append(os.Environ(), "FAREBOOK_API_URL="+s.API.URL(), "FAREBOOK_API_KEY="+s.API.Token, "AIRLINE_URL="+s.airline.URL,
		"ORDERS="+string(s.orders), "TASK_QUEUE="+s.queue)
	for _, line := range s.Environment() {
		if strings.HasPrefix(line, "TEMPORAL_ADDRESS=") || strings.HasPrefix(line, "TEMPORAL_NAMESPACE=") {
			s.env = append(s.env, line)
		}
	}
	return s
}

// start runs a worker, which is started again whenever it dies.
func (s *shop) start() *testkit.Process { return s.StartOther(s.program, s.env) }

// sell orders a ticket and pays it; behave decides what the airline does.
func (s *shop) sell(id, card string, behave func(attempt int) fault) client.WorkflowRun {
	s.T.Helper()
	s.airline.behaves(id, behave)
	departs := time.Now().AddDate(0, 1, 0).UTC().Truncate(time.Hour)
	require.NoError(s.T, s.orders.Keep(ticketing.Order{
		ID: id, Name: "Layla Haddad", Email: "layla.haddad@canary-mail.example", Flight: "EK2", From: "LHR", To: "DXB",
		DepartsAt: departs.Format(time.RFC3339), ArrivesAt: departs.Add(7 * time.Hour).Format(time.RFC3339), Amount: 45900, Currency: "USD",
	}))
	run, err := s.Temporal.ExecuteWorkflow(s.T.Context(), client.StartWorkflowOptions{ID: ticketing.WorkflowID(id), TaskQueue: s.queue},
		ticketing.Sell, id, limits)
	require.NoError(s.T, err)
	if card == "" {
		return run
	}
	var intent string
	s.Eventually(func() bool {
		intent = s.intentOf(id)
		return intent != ""
	}, "order %s was not booked", id)
	s.Pay(intent, card)
	s.Eventually(func() bool { return s.StripeStatus(intent) == "requires_capture" || card != "pm_card_visa" }, "not authorised")
	s.Eventually(func() bool { return s.paymentOf(intent) != "pending" }, "Farebook does not know the payment of %s", id)
	s.changed(run)
	return run
}

// changed signals a change of its booking to a workflow, as the shop's receiver of webhooks does. The workflow's first reading may have
// seen the change and ended it.
func (s *shop) changed(run client.WorkflowRun) {
	s.T.Helper()
	err := s.Temporal.SignalWorkflow(s.T.Context(), run.GetID(), "", ticketing.BookingChanged, nil)
	var ended *serviceerror.NotFound
	if !errors.As(err, &ended) {
		require.NoError(s.T, err)
	}
}

// intentOf is the PaymentIntent of an order, whose id is the idempotency key of its booking.
func (s *shop) intentOf(order string) string {
	return s.DB.Text(s.T, `SELECT COALESCE(MAX(p.stripe_payment_intent_id), '') FROM payments p JOIN idempotency_keys k ON k.booking_id = p.booking_id
		WHERE k.idempotency_key = '`+order+`'`)
}

func (s *shop) paymentOf(intent string) string {
	return s.DB.Text(s.T, "SELECT status FROM payments WHERE stripe_payment_intent_id = '"+intent+"'")
}

func (s *shop) result(run client.WorkflowRun) (r ticketing.Result) {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(s.T.Context(), testkit.Patience)
	defer cancel()
	require.NoError(s.T, run.Get(ctx, &r))
	return r
}

// requireSold requires one ticket, and its price captured once.
func (s *shop) requireSold(id string, run client.WorkflowRun) {
	s.T.Helper()
	r := s.result(run)
	require.Equal(s.T, ticketing.Sold, r.Result, r.Because)
	ticket, void, _ := s.airline.state(id)
	require.Equal(s.T, "176-"+id, ticket)
	require.Equal(s.T, ticket, r.Ticket)
	require.False(s.T, void)
	s.AwaitStatus(r.Reference, "confirmed")
	require.Equal(s.T, 45900, s.captured(r.Reference))
}

// requireReleased requires that there is no ticket and no money.
func (s *shop) requireReleased(id, because string, run client.WorkflowRun) {
	s.T.Helper()
	r := s.result(run)
	require.Equal(s.T, ticketing.Released, r.Result)
	require.Contains(s.T, r.Because, because)
	ticket, void, _ := s.airline.state(id)
	require.Empty(s.T, ticket)
	require.True(s.T, void)
	s.AwaitStatus(r.Reference, "cancelled")
	require.Equal(s.T, "canceled", s.StripeStatus(s.intentOf(id)))
	require.Zero(s.T, s.captured(r.Reference))
}

func (s *shop) captured(reference string) int {
	return s.DB.Count(s.T, `SELECT COALESCE(SUM(p.amount_captured), 0) FROM payments p JOIN bookings b ON b.id = p.booking_id
		WHERE b.reference = ?`, reference)
}

// The money follows the ticket, whatever the airline does and whenever the shop's worker dies.
func TestTheMoneyFollowsTheTicket(t *testing.T) {
	t.Parallel()
	s := open(t)
	worker := s.start()
	kill := func(at int, before fault) func(int) fault {
		return func(attempt int) fault {
			met := before
			if attempt == at {
				met.before = func() { worker.Signal(syscall.SIGKILL) }
				return met
			}
			return fault{}
		}
	}
	type sold struct {
		id  string
		run client.WorkflowRun
	}
	// One after another, because each pays through the same stand-in; the airlines' faults then play beside one another.
	fine := sold{"fine", s.sell("fine", "pm_card_visa", nil)}
	flaky := sold{"flaky", s.sell("flaky", "pm_card_visa", func(attempt int) fault {
		if attempt < 3 {
			return fault{status: http.StatusServiceUnavailable}
		}
		return fault{}
	})}
	full := sold{"full", s.sell("full", "pm_card_visa", func(int) fault { return fault{status: http.StatusConflict} })}
	hung := sold{"hung", s.sell("hung", "pm_card_visa", func(int) fault { return fault{hangs: true} })}
	mute := sold{"mute", s.sell("mute", "pm_card_visa", func(int) fault { return fault{hangs: true, issued: true} })}
	s.requireSold(fine.id, fine.run)
	s.requireSold(flaky.id, flaky.run)
	s.requireReleased(full.id, "no ticket", full.run)
	s.requireReleased(hung.id, "too long", hung.run)
	s.requireSold(mute.id, mute.run)

	// The worker dies while the airline works: before the ticket is issued, and after it.
	before := s.sell("dies-before", "pm_card_visa", kill(1, fault{hangs: true}))
	s.requireSold("dies-before", before)
	after := s.sell("dies-after", "pm_card_visa", kill(1, fault{hangs: true, issued: true}))
	s.requireSold("dies-after", after)
	require.Equal(t, 2, worker.Deaths())

	// The shop gives an order up while the airline hangs.
	given := s.sell("given-up", "pm_card_visa", func(int) fault { return fault{hangs: true} })
	s.Eventually(func() bool { _, _, attempts := s.airline.state("given-up"); return attempts > 0 }, "the airline was not asked")
	require.NoError(t, s.Temporal.CancelWorkflow(t.Context(), given.GetID(), ""))
	s.requireReleased("given-up", "", given)

	// The traveller does not pay: the booking is cancelled, and the airline is never asked.
	unpaid := s.sell("unpaid", "", nil)
	s.Eventually(func() bool { return s.intentOf("unpaid") != "" }, "not booked")
	reference := s.DB.Text(t, "SELECT resource FROM idempotency_keys WHERE idempotency_key = 'unpaid'")
	require.Equal(t, http.StatusOK, s.Post("/v1/bookings/"+reference+"/cancel", "", nil).Status)
	s.changed(unpaid)
	require.Equal(t, ticketing.NotPaid, s.result(unpaid).Result)
	_, _, attempts := s.airline.state("unpaid")
	require.Zero(t, attempts)

	for _, id := range []string{"fine", "hung", "dies-after"} {
		history := s.RunText(ticketing.WorkflowID(id), "")
		require.NotContains(t, history, "Layla", "no personal data in Temporal")
		require.NotContains(t, history, "_secret_", "no client secret in Temporal")
	}
	s.AwaitQuiet()
	s.RequirePromises()
}
