package stripeapi

import (
	"context"
	"errors"
	"net/http"
)

// ErrFenced is wrapped by a guard's error while money must not move. It becomes a CallError of kind Fenced.
var ErrFenced = errors.New("money must not move at present")

// Guard is called before each request that may change something at Stripe. If it returns an error, the request is not sent. It
// must not write to Stripe with the same client.
type Guard func(ctx context.Context) error

// guarded calls a guard in the transport, so that no request is missed.
type guarded struct {
	next  http.RoundTripper
	guard Guard
}

func (g guarded) RoundTrip(request *http.Request) (*http.Response, error) {
	if g.guard != nil && request.Method != http.MethodGet {
		if err := g.guard(request.Context()); err != nil {
			if request.Body != nil {
				_ = request.Body.Close() // the body is in memory, and a RoundTripper has to close it
			}
			return nil, err
		}
	}
	return g.next.RoundTrip(request)
}
