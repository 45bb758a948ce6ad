package stripeapi

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// callLog reports each call to the observer, and logs each failed one at debug level, without bodies, and with the context of its request.
// Callers log what matters through CallError.
type callLog struct {
	next     http.RoundTripper
	observer Observer // may be nil
	log      *slog.Logger
}

func (l callLog) RoundTrip(request *http.Request) (*http.Response, error) {
	began := time.Now()
	response, err := l.next.RoundTrip(request)
	l.observe(request, response, time.Since(began))
	ctx, line := request.Context(), []any{"method", request.Method, "path", request.URL.Path, "durationMs", time.Since(began).Milliseconds()}
	switch {
	case err != nil:
		l.log.DebugContext(ctx, "call to Stripe failed", append(line, "error", err)...)
	case response.StatusCode >= http.StatusBadRequest:
		l.log.DebugContext(ctx, "call to Stripe refused", append(line, "status", response.StatusCode, "requestId",
			response.Header.Get("Request-Id"))...)
	}
	return response, err
}

func (l callLog) observe(request *http.Request, response *http.Response, took time.Duration) {
	status := 0
	if response != nil {
		status = response.StatusCode
	}
	if l.observer != nil {
		l.observer.Called(endpointOf(request), status, took)
	}
}

// silent drops the library's own log lines: they have no context, and contain bodies and messages of Stripe.
type silent struct{}

func (silent) Debugf(string, ...any) {}
func (silent) Infof(string, ...any)  {}
func (silent) Warnf(string, ...any)  {}
func (silent) Errorf(string, ...any) {}

var _ stripe.LeveledLoggerInterface = silent{}
