package test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"farebook/internal/dev/testkit"
)

// How many lives are lived, how long each is and from which seed, unless the command line says otherwise: enough for a run of CI, which
// lives the same lives each time, so that a fault that they find is the change's. The first of them once failed. `make model` draws
// others, more and longer ones.
func init() {
	for name, value := range map[string]string{
		"rapid.checks": "3", "rapid.steps": "20", "rapid.seed": "2645402653948685962", "rapid.nofailfile": "true",
	} {
		if err := flag.Set(name, value); err != nil {
			panic(err) // rapid has renamed its flags
		}
	}
}

// Random sequences of everything that travellers, callers, banks and Stripe do, with webhooks held back and let go in any
// order: after each step the promises are held, and each booking is where a small model says, which knows Stripe's truth
// and what was asked for, and nothing of how Farebook works.
func TestAnySequenceKeepsThePromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		stack := &lifetime{TB: t}
		defer stack.end()
		m := &model{t: rt, revenue: rapid.SampledFrom(revenues).Draw(rt, "revenue")}
		m.s = testkit.New(stack, testkit.Options{HoldMinute: quickHolds, Env: m.revenue})
		m.live(m.actions())
	})
}

// lifetime stops the stack of a life when the life is over. Shrinking lives through hundreds of them within one test, and MariaDB has not
// that many connections.
type lifetime struct {
	testing.TB
	stops []func()
}

// Cleanup keeps stop until the end of the life.
func (l *lifetime) Cleanup(stop func()) { l.stops = append(l.stops, stop) }

func (l *lifetime) end() {
	for _, stop := range slices.Backward(l.stops) {
		stop()
	}
}

// live lives one life to its end.
func (m *model) live(actions map[string]func(*rapid.T)) {
	if rapid.Bool().Draw(m.t, "settles in dollars") {
		m.rates = true
		m.ratesMove(m.t)
	}
	for range 3 { // with none, most steps would have nothing to do
		m.book(m.t)
		m.pay(m.t)
	}
	m.t.Repeat(actions)
	m.release()
	m.check()
	for _, one := range m.told { // those that have not yet
		m.leave(one)
	}
	m.check()
	m.carriedOver()
}

func (m *model) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":                  func(*rapid.T) { m.check() },
		"book":              m.book,
		"let expire":        m.letExpire,
		"pay":               m.pay,
		"capture":           m.capture,
		"cancel":            m.cancel,
		"refund":            m.refund,
		"further payment":   m.furtherPayment,
		"refund by hand":    m.refundByHand,
		"bank about refund": m.bankAboutRefund,
		"bank on debit":     m.bankOnDebit,
		"late money":        m.lateMoney,
		"dispute":           m.dispute,
		"bank on dispute":   m.bankOnDispute,
		"pay out":           m.payOut,
		"bank on payout":    m.bankOnPayout,
		"rates move":        m.ratesMove,
		"balance is short":  m.balanceIsShort,
		"balance is late":   m.balanceIsLate,
		"time passes":       m.timePasses,
		"depart":            m.depart,
		"hold webhooks":     m.holdWebhooks,
		"old event":         m.oldEvent,
		"reconcile":         m.reconcile,
	}
}

// quickHolds is a minute of a hold: it makes the longest hold last longer than any life, and the shortest one end within it.
const quickHolds = 500 * time.Millisecond

// revenues are the models of the seller, and when an agent passes on what it holds.
var revenues = [][]string{
	{"REVENUE_MODEL=principal"}, {"REVENUE_MODEL=agent"}, {"REVENUE_MODEL=agent", "RECOGNISE_AT=ticketing"},
}

// model is what is known from outside.
type model struct {
	t       *rapid.T
	s       *testkit.Stack
	told    []*life
	number  int
	held    bool               // events are on their way
	late    bool               // balance transactions are
	short   bool               // Stripe's balance cannot pay for refunds
	rates   bool               // the account settles in dollars
	deadly  bool               // worker and API may die at any moment
	revenue []string           // one of revenues
	ledger  testkit.LedgerMark // as it was at the last check
}

// life is one booking as its traveller knows it.
type life struct {
	reference, intent string
	manual            bool // it is authorised first
	expired           bool
	cancelledUnpaid   bool
	cancelledPaid     bool
	departed          bool
	of                *life // the booking that it is a further payment of; nil for a booking
}

func (m *model) any() *life {
	if len(m.told) == 0 {
		m.t.Skip("no booking yet")
	}
	return rapid.SampledFrom(m.told).Draw(m.t, "booking")
}

func (m *model) key() string {
	m.number++
	return fmt.Sprintf("model-%d", m.number)
}

func (m *model) post(path string, body []byte, allowed ...int) testkit.Answer {
	times := rapid.SampledFrom([]int{1, 1, 1, 3}).Draw(m.t, "at once")
	key, answers := m.key(), make([]testkit.Answer, times)
	var group errgroup.Group
	for i := range times {
		group.Go(func() (err error) {
			answers[i], err = m.ask(path, key, body)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		m.fail(fmt.Errorf("POST %s: %w", path, err))
	}
	for _, answer := range answers {
		if !slices.Contains(allowed, answer.Status) {
			m.fail(fmt.Errorf("POST %s was answered %d: %s", path, answer.Status, answer.Body))
		}
		if answer.Status != answers[0].Status || !bytes.Equal(withoutInstance(answer), withoutInstance(answers[0])) {
			m.fail(fmt.Errorf("promise 10: POST %s was answered twice under one key: %s and %s", path, answers[0].Body, answer.Body))
		}
	}
	return answers[0]
}

// withoutInstance is the body of an answer without the id of its request: a refusal that is not final is not stored, and each of several
// requests at once has its own.
func withoutInstance(answer testkit.Answer) []byte {
	if answer.Status < http.StatusBadRequest {
		return answer.Body
	}
	return instance.ReplaceAll(answer.Body, nil)
}

var instance = regexp.MustCompile(`"instance":"[^"]*"`)

// ask is what a client does: it repeats the request with the same key while the answer asks for it.
func (m *model) ask(path, key string, body []byte) (testkit.Answer, error) {
	answer, err := m.s.API.Do(http.MethodPost, path, key, body)
	if m.deadly && err != nil || err == nil && unanswered(answer) {
		return m.askAgain(path, key, body)
	}
	return answer, err
}

// quiet lets everything that is known come to rest: what the API is asked next goes by it.
func (m *model) quiet() {
	m.release()
	m.rest()
}

// rest waits until the books have what is known, and the sweeper has recognised what is due and ended what ends with its booking.
func (m *model) rest() {
	m.s.AwaitQuiet()
	m.s.Eventually(func() bool {
		return m.s.DB.Count(m.s.T, `SELECT COUNT(*) FROM bookings WHERE recognise_at <= UTC_TIMESTAMP(6) AND status <> 'pending_payment'
			OR cancel_due_at IS NOT NULL AND status <> 'disputed'`) == 0
	}, "not recognised, or not ended with its booking; logs:\n%s", m.s.Logs)
}
