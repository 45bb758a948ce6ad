package stripeapi

import "net/http"

// keyed sends each request with the key of the moment: stripe-go keeps the one that a client was made with.
type keyed struct {
	next http.RoundTripper
	key  func() string // nil leaves the client's key
}

func (k keyed) RoundTrip(request *http.Request) (*http.Response, error) {
	if k.key == nil {
		return k.next.RoundTrip(request)
	}
	request = request.Clone(request.Context()) // a RoundTripper must not change its request
	request.Header.Set("Authorization", "Bearer "+k.key())
	return k.next.RoundTrip(request)
}
