package storm

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"farebook/internal/dev/devstack"
)

// balance serves the address to which clients and Stripe send, and passes each request to one of the APIs in turn, as a load balancer
// does that has not noticed yet that one is away.
func (s *System) balance(addresses []string) error {
	listener, err := net.Listen("tcp", strings.TrimPrefix(s.Stack.APIURL, "http://"))
	if err != nil {
		return err
	}
	var taken atomic.Uint64
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: addresses[taken.Add(1)%uint64(len(addresses))]})
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	s.balancer = &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.balancer.Serve(listener) }() // ends with Close
	return nil
}

// ready reports whether each API is.
func ready(ctx context.Context, addresses []string) bool {
	for _, address := range addresses {
		if devstack.APIReady(ctx, "http://"+address) != nil {
			return false
		}
	}
	return true
}
