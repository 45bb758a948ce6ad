package fakestripe

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"farebook/internal/clock"
)

// Options of a stand-in.
type Options struct {
	// WebhookURL is where events are delivered; empty for nowhere.
	WebhookURL string
	// WebhookSecret signs deliveries: "whsec_...".
	WebhookSecret string
	// APIKey is the secret key that callers must bear; empty accepts every sk_test_ key.
	APIKey string
	// AnswerTime is how long each answer takes at least: for tests of what waits for many of them.
	AnswerTime time.Duration
	// Clock is the time at Stripe. Shared with Farebook's, moving one moves both; nil for a clock that nobody else has.
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

	mu           sync.Mutex // guards everything below
	ids          idSource
	intents      table[*intent]
	charges      table[*charge]
	refunds      table[*refund]
	disputes     table[*dispute]
	payouts      table[*payout]
	transactions table[*transaction]
	events       table[*event]
	methods      table[*paymentMethod]
	customers    table[*customer]
	idempotency  map[string]*keptAnswer
	tokens       map[string]string // the test card of each token
	delayBalance bool
	// delayReversals has partial captures book their first balance transaction alone.
	delayReversals bool
	holdRefunds    bool
	// holdReinstatements has disputes that are won give nothing back.
	holdReinstatements bool
	// authorisation is how long an authorised payment may be captured.
	authorisation time.Duration
	// evidence is how long a dispute takes evidence.
	evidence time.Duration
	// reinstatement is how much more than it took a dispute that is won gives back.
	reinstatement int64
	exchange      exchange
	hooks         hooks
	// cause is the call whose work is being done; nil while time or a test moves something.
	cause *call
}

// New makes a stand-in; serve it by Start, or as an http.Handler.
func New(options Options) *Server {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Clock == nil {
		options.Clock = &clock.Movable{}
	}
	s := &Server{
		options: options, clock: options.Clock, faults: &Faults{}, journal: &Journal{}, shapes: newShapes(os.Getenv(ShapesVariable)),
		idempotency: map[string]*keptAnswer{}, tokens: map[string]string{}, authorisation: authorisationLife, evidence: evidenceTime,
		hooks:   newHooks(),
		intents: newTable[*intent](options.Clock), charges: newTable[*charge](options.Clock), refunds: newTable[*refund](options.Clock),
		disputes: newTable[*dispute](options.Clock), payouts: newTable[*payout](options.Clock),
		transactions: newTable[*transaction](options.Clock),
		events:       newTable[*event](options.Clock), methods: newTable[*paymentMethod](options.Clock),
		customers: newTable[*customer](options.Clock),
	}
	s.webhooks = newWebhooks(options, s.clock, s.acknowledged)
	s.mux = s.routes()
	return s
}

// Clock is the time at Stripe. Advance moves it together with what depends on it.
func (s *Server) Clock() *clock.Movable { return s.clock }

// Faults are the scripted ones.
func (s *Server) Faults() *Faults { return s.faults }

// Journal is the record of requests.
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
			s.options.Log.Error("the Stripe stand-in ended", "error", err)
		}
	}()
	return nil
}

// URL is the address to give as STRIPE_API_BASE.
func (s *Server) URL() string { return "http://" + s.address }

// Close ends the server, hung requests and deliveries among it.
func (s *Server) Close() error {
	s.webhooks.close()
	s.faults.release()
	if s.http == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // Close is asked for when nothing else is left
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}

// SetWebhook changes where events go and how they are signed. Several secrets, separated by commas, sign each delivery
// with all of them, as Stripe does while one is being rotated.
func (s *Server) SetWebhook(url, secret string) { s.webhooks.set(url, secret) }

// EnableEvents narrows what the endpoint is sent to some types, as enabled_events of a webhook endpoint does
// (stripe.com/docs/api/webhook_endpoints); none is all.
func (s *Server) EnableEvents(types ...string) { s.webhooks.enable(types) }

// HoldWebhooks keeps events back until ReleaseWebhooks.
func (s *Server) HoldWebhooks() { s.webhooks.hold() }

// ReleaseWebhooks delivers what was held, in order, and holds nothing more.
func (s *Server) ReleaseWebhooks() { s.webhooks.release(false, 1) }

// ReleaseWebhooksDisordered delivers what was held shuffled, each event several times.
func (s *Server) ReleaseWebhooksDisordered(times int) { s.webhooks.release(true, times) }

// Settle waits until every delivery that is due has been answered or given up.
func (s *Server) Settle() { s.webhooks.settle() }
