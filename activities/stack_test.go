package activities_test

import (
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"farebook/activities"
	"farebook/booking"
	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/mailbox"
	"farebook/internal/dev/testdb"
	"farebook/money"
	"farebook/store"
	"farebook/store/proof"
	"farebook/worker/service"
)

const stripeKey = "sk_test_1"

// stack is the activities on a real database, the Stripe stand-in and a mailbox over SMTP; no workflow calls them.
type stack struct {
	*testdb.DB
	service.Activities
	t       *testing.T
	stripe  *fakestripe.Server
	mailbox *mailbox.Mailbox
	caller  store.Caller
}

// newStack has one clock for Stripe and us: moving it moves both.
func newStack(t *testing.T) *stack {
	t.Helper()
	return newStackWith(t, nil)
}

// newStackWith has a clock at Stripe that is not ours.
func newStackWith(t *testing.T, stripes *clock.Movable) *stack {
	t.Helper()
	s := &stack{DB: testdb.New(t), t: t}
	if stripes == nil {
		stripes = s.Clock
	}
	s.stripe = fakestripe.New(fakestripe.Options{APIKey: stripeKey, Clock: stripes})
	require.NoError(t, s.stripe.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, s.stripe.Close()) })
	box, err := mailbox.Start(mailbox.Options{SMTPAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	s.mailbox = box
	host, port, err := net.SplitHostPort(box.SMTPAddr())
	require.NoError(t, err)
	cfg, _, err := config.LoadFrom([]string{
		"APP_ENV=development", "LOG_LEVEL=debug", "DATABASE_DSN=" + s.AppDSN,
		"STRIPE_SECRET_KEY=" + stripeKey, "STRIPE_API_BASE=" + s.stripe.URL(), "STRIPE_WEBHOOK_SECRET=whsec_1",
		"SMTP_HOST=" + host, "SMTP_PORT=" + port, "SMTP_TLS=none", "SMTP_FROM=Farebook <bookings@farebook.example>",
		"FINANCE_EMAIL=finance@farebook.example", "RECONCILE_CALLS_PER_SECOND=1000", "STRIPE_LIST_LAG=0s",
	})
	require.NoError(t, err)
	s.Activities, err = service.NewActivities(cfg, s.Store, service.Measures{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	s.caller = s.Caller(t, s.NewKey(t, "test"))
	return s
}

// attempts are those of one activity: what an attempt that failed recorded in its heartbeat goes along with the next one, as
// Temporal hands it on.
type attempts struct {
	s   *stack
	env *testsuite.TestActivityEnvironment
}

func (s *stack) attempts() *attempts {
	s.t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(time.Minute)
	for _, group := range []any{
		s.Payments, s.Refunds, s.Disputes, s.Payouts, s.Emails, s.Inbox, s.AccountFees, s.Reconciliations, s.Retention,
	} {
		env.RegisterActivity(group)
	}
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		var last any
		if err := details.Get(&last); err != nil {
			s.t.Error(err)
		}
		env.SetHeartbeatDetails(last)
	})
	return &attempts{s, env}
}

// attempt runs one of them; out may be nil.
func (a *attempts) attempt(method, in, out any) error {
	a.s.t.Helper()
	value, err := a.env.ExecuteActivity(method, in)
	if err != nil || out == nil {
		return err
	}
	return value.Get(out)
}

// run makes an attempt that is the first of its activity, and has to succeed.
func (s *stack) run(method, in, out any) {
	s.t.Helper()
	require.NoError(s.t, s.attempts().attempt(method, in, out))
}

// ask takes a booking of $459.00; capture says how it is paid.
func (s *stack) ask(key string, capture booking.CaptureMethod) booking.Reference {
	s.t.Helper()
	return s.askAs("c-1", key, capture)
}

// askAs does so under a correlation id.
func (s *stack) askAs(correlationID, key string, capture booking.CaptureMethod) booking.Reference {
	s.t.Helper()
	departs := time.Now().AddDate(0, 0, 30)
	now := time.Now().UTC()
	reservation, err := s.Store.ReserveBooking(s.t.Context(), store.NewBooking{
		Caller: s.caller, IdempotencyKey: key, CorrelationID: correlationID, HoldExpiresAt: now.Add(30 * time.Minute), Now: now,
		Request: booking.Request{
			Customer: booking.Customer{Name: "Layla Haddad", Email: "layla@example.com", Locale: money.LocaleEN},
			Amount:   money.Money{Value: 45900, Currency: "USD"}, Capture: capture, HoldMinutes: 30,
			Flight: booking.Flight{
				Number: "EK2", From: "LHR", To: "DXB", DepartsAt: departs, ArrivesAt: departs.Add(7 * time.Hour),
				Passengers: []booking.Passenger{{Name: "Layla Haddad"}},
			},
		},
	})
	require.NoError(s.t, err)
	return reservation.Booking.Reference
}

// held is a booking with its PaymentIntent.
func (s *stack) held(capture booking.CaptureMethod) (booking.Reference, string) {
	s.t.Helper()
	reference := s.ask("held", capture)
	var created activities.PaymentIntentCreated
	s.run(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: reference}, &created)
	return reference, created.PaymentIntentID
}

// confirm is the traveller, who pays with a card.
func (s *stack) confirm(intentID string) {
	s.t.Helper()
	s.post("/v1/payment_intents/"+intentID+"/confirm",
		url.Values{"payment_method": {"pm_card_visa"}, "return_url": {"https://farebook.example/"}})
}

// paid is a booking that is paid and confirmed.
func (s *stack) paid() (booking.Reference, string) {
	s.t.Helper()
	reference, intentID := s.held(booking.CaptureAutomatic)
	s.confirm(intentID)
	require.Equal(s.t, booking.StatusConfirmed, s.record(reference, intentID).BookingStatus)
	return reference, intentID
}

// sendEmails sends what is queued, as the workflows would.
func (s *stack) sendEmails() {
	s.t.Helper()
	queued, err := s.Store.QueuedEmails(s.t.Context(), s.Clock.Now(), 0, 100)
	require.NoError(s.t, err)
	for _, email := range queued {
		s.run(s.Emails.SendEmail, activities.SendEmailInput{EmailID: email.ID}, nil)
	}
}

func (s *stack) record(reference booking.Reference, intentID string) activities.PaymentRecorded {
	s.t.Helper()
	var outcome activities.PaymentRecorded
	s.run(s.Payments.RecordPaymentOutcome, activities.RecordPaymentOutcomeInput{
		Reference: reference, PaymentIntentID: intentID, Reason: activities.ReasonEvent,
	}, &outcome)
	return outcome
}

// post is what somebody else does at Stripe, on the same account.
func (s *stack) post(path string, form url.Values) {
	s.t.Helper()
	s.postUnder("", path, form)
}

// postUnder is post under an idempotency key; empty for none.
func (s *stack) postUnder(key, path string, form url.Values) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.stripe.URL()+path, strings.NewReader(form.Encode()))
	require.NoError(s.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+stripeKey)
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	require.Equal(s.t, http.StatusOK, response.StatusCode)
}

// fault scripts what goes wrong with the next requests of a method and path.
func (s *stack) fault(method, path string, kind fakestripe.FaultKind, count int) {
	s.stripe.Faults().Add(fakestripe.Fault{Method: method, Path: path, Kind: kind, Count: count})
}

// keys are the idempotency keys of the requests to a path of Stripe's, without the business id in front, since there were so
// many of them.
func (s *stack) keys(path string, since int) []string {
	var keys []string
	for _, record := range s.stripe.Journal().Records() {
		if record.Method == http.MethodPost && record.Path == path {
			_, key, _ := strings.Cut(record.IdempotencyKey, "/")
			keys = append(keys, key)
		}
	}
	return keys[since:]
}

// reads counts the requests that read a path of Stripe's.
func (s *stack) reads(path string) (reads int) {
	for _, record := range s.stripe.Journal().Records() {
		if record.Method == http.MethodGet && record.Path == path {
			reads++
		}
	}
	return reads
}

func (s *stack) requirePromises() {
	s.t.Helper()
	require.Empty(s.t, s.stripe.Faults().Unmet(), "faults that no request has met")
	proven, err := proof.New(s.Store).Whole(s.t.Context(), proof.Options{Restart: true})
	require.NoError(s.t, err)
	for _, promise := range proven.Promises {
		require.True(s.t, promise.Held, "%d %s: %s", promise.Number, promise.Text, promise.Detail)
	}
}
