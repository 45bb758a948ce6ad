package api

import "net/http"

// readHeaders are the request headers that operations read. Bounded code of this package parses each of them.
var readHeaders = []string{"Authorization", "Content-Type", idempotencyHeader, signatureHeader}

// keepReadHeaders removes every header that no operation reads, so that no library parses untrusted bytes: huma's negotiation panics
// on `Accept: application/json;,text/html`. Answers are always JSON, whatever Accept, Range, If-None-Match or a cookie says; RFC
// 9110, 12.4.1 allows a server to disregard Accept.
func keepReadHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := http.Header{}
		for _, name := range readHeaders {
			if values := r.Header.Values(name); len(values) > 0 {
				kept[http.CanonicalHeaderKey(name)] = values
			}
		}
		// The context has what earlier middlewares read, such as the correlation id.
		trimmed := r.WithContext(r.Context())
		trimmed.Header = kept
		next.ServeHTTP(w, trimmed)
	})
}
