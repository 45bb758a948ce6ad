package stripeapi

import (
	"context"
	"errors"
	"net/http"
)

// ErrFenced is wrapped by a guard's error where money must not move at present. It becomes a Failure of kind Fenced.
var ErrFenced = errors.New("money must not move at present")

// Guard is asked before each request that may change something at Stripe. The request is not sent when it returns an error. It must
// not write to Stripe by the same client.
type Guard func(ctx context.Context) error

// guarded asks a guard where requests leave, so that no call is forgotten.
type guarded struct {
	next  http.RoundTripper
	guard Guard
}

func (g guarded) RoundTrip(request *http.Request) (*http.Response, error) {
	if g.guard != nil && request.Method != http.MethodGet {
		if err := g.guard(request.Context()); err != nil {
			if request.Body != nil {
				_ = request.Body.Close() // it is in memory; a RoundTripper closes it whatever happens
			}
			return nil, err
		}
	}
	return g.next.RoundTrip(request)
}
