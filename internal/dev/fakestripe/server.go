package fakestripe

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"farebook/internal/clock"
)

// Options configures a stand-in. The zero value is usable.
type Options struct {
	// WebhookURL is the webhook endpoint; if empty, events are not delivered.
	WebhookURL string
	// WebhookSecret signs the deliveries: "whsec_...".
	WebhookSecret string
	// APIKey is the secret key that callers must send; if empty, every sk_test_ key is accepted.
	APIKey string
	// AnswerTime is the minimum duration of each answer, for tests of clients that wait for many of them.
	AnswerTime time.Duration
	// Clock is Stripe's clock. A clock shared with Farebook moves both; nil creates a separate one.
	Clock *clock.Movable
	Log   *slog.Logger
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	options  Options
	clock    *clock.Movable
	faults   *Faults
	journal  *Journal
	shapes   *shapes
	webhooks *webhooks
	mux      *http.ServeMux
	http     *http.Server
	address  string
	// answerTime is a time.Duration.
	answerTime atomic.Int64

	mu           sync.Mutex // guards everything below
	ids          idSource
	intents      table[*intent]
	charges      table[*charge]
	refunds      table[*refund]
	disputes     table[*dispute]
	files        table[*file]
	payouts      table[*payout]
	transactions table[*transaction]
	events       table[*event]
	methods      table[*paymentMethod]
	customers    table[*customer]
	idempotency  map[string]*storedAnswer
	tokens       map[string]string // the test payment method of each token
	delayBalance bool
	// delayReversals makes partial captures book only their first balance transaction.
	delayReversals bool
	holdRefunds    bool
	// holdReinstatements makes disputes that are won return no funds.
	holdReinstatements bool
	// authorisation is how long an authorisation is valid.
	authorisation time.Duration
	// evidence is how long a dispute accepts evidence.
	evidence time.Duration
	// reinstatement is added to the amount that a won dispute returns, in minor units.
	reinstatement int64
	exchange      exchange
	hooks         hooks
	key           atomic.Pointer[string] // the account's secret key; nil for any of test mode
	// expiring is a key that was rolled and is still accepted; nil for none.
	expiring atomic.Pointer[string]
	account  Account
	// registered is the webhook endpoint as an object: see endpoint.
	registered *webhookEndpoint
	// cause is the call being executed; nil while the clock or a test changes something.
	cause *call
}

// New returns a stand-in; serve it with Start, or as an http.Handler.
func New(options Options) *Server {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Clock == nil {
		options.Clock = &clock.Movable{}
	}
	s := &Server{
		options: options, clock: options.Clock, faults: &Faults{}, journal: &Journal{}, shapes: newShapes(os.Getenv(ShapesVariable)),
		idempotency: map[string]*storedAnswer{}, tokens: map[string]string{}, authorisation: authorisationLife, evidence: evidenceTime,
		hooks: newHooks(), account: readyAccount(),
		intents: newTable[*intent](options.Clock), charges: newTable[*charge](options.Clock), refunds: newTable[*refund](options.Clock),
		disputes: newTable[*dispute](options.Clock), payouts: newTable[*payout](options.Clock),
		transactions: newTable[*transaction](options.Clock),
		events:       newTable[*event](options.Clock), methods: newTable[*paymentMethod](options.Clock),
		customers: newTable[*customer](options.Clock), files: newTable[*file](options.Clock),
	}
	if options.APIKey != "" {
		s.SetKey(options.APIKey)
	}
	s.SetAnswerTime(options.AnswerTime)
	s.webhooks = newWebhooks(options, s.clock, s.acknowledged)
	s.mux = s.routes()
	return s
}

// Clock returns Stripe's clock. Use Advance to move it, so that the changes that are due happen as well.
func (s *Server) Clock() *clock.Movable { return s.clock }

// Faults returns the script of faults.
func (s *Server) Faults() *Faults { return s.faults }

// Journal returns the record of requests.
func (s *Server) Journal() *Journal { return s.journal }

// Start listens on addr ("127.0.0.1:0" for a free port) and serves in the background.
func (s *Server) Start(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s.address = listener.Addr().String()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.options.Log.Error("the Stripe stand-in stopped", "error", err)
		}
	}()
	return nil
}

// URL is the base address of the API, for STRIPE_API_BASE.
func (s *Server) URL() string { return "http://" + s.address }

// Close stops the server, including hanging requests and webhook deliveries.
func (s *Server) Close() error {
	s.webhooks.close()
	s.faults.release()
	if s.http == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // Close runs after the caller's context has ended
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}

// SetAnswerTime changes the minimum duration of each answer, Options.AnswerTime.
func (s *Server) SetAnswerTime(d time.Duration) { s.answerTime.Store(int64(d)) }

// SetWebhook sets the webhook endpoint and its signing secret. With several secrets, separated by commas, each delivery has a
// signature for each, as at Stripe while a secret is being rotated.
func (s *Server) SetWebhook(url, secret string) { s.webhooks.set(url, secret) }

// EnableEvents restricts deliveries to some event types, as enabled_events of a webhook endpoint does
// (stripe.com/docs/api/webhook_endpoints); no types means all.
func (s *Server) EnableEvents(types ...string) { s.webhooks.enable(types) }

// HoldWebhooks holds all deliveries until ReleaseWebhooks.
func (s *Server) HoldWebhooks() { s.webhooks.hold() }

// TakeHeld returns the payloads of the held events in the order in which they happened, and forgets them: the caller delivers them.
func (s *Server) TakeHeld() (payloads [][]byte) {
	for _, held := range s.webhooks.take() {
		payloads = append(payloads, held.payload)
	}
	return payloads
}

// ReleaseWebhooks starts the delivery of the held events, and ends the hold.
func (s *Server) ReleaseWebhooks() { s.webhooks.release(false, 1) }

// ReleaseWebhooksDisordered delivers each held event several times, in random order, and ends the hold.
func (s *Server) ReleaseWebhooksDisordered(times int) { s.webhooks.release(true, times) }

// Settle waits until every delivery under way is acknowledged or has failed its last attempt.
func (s *Server) Settle() { s.webhooks.settle() }
