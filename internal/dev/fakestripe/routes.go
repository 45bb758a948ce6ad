package fakestripe

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// endpoint executes a call. The caller holds the server's lock.
type endpoint func(s *Server, c *call) (any, *apiError)

// endpoints maps the patterns of the endpoints that the stand-in serves to their functions.
func endpoints() map[string]endpoint {
	return map[string]endpoint{
		"POST /v1/payment_intents":              createIntent,
		"GET /v1/payment_intents":               listIntents,
		"GET /v1/payment_intents/{id}":          retrieveIntent,
		"POST /v1/payment_intents/{id}":         updateIntent,
		"POST /v1/payment_intents/{id}/confirm": confirmIntent,
		"POST /v1/payment_intents/{id}/cancel":  cancelIntent,
		"POST /v1/payment_intents/{id}/capture": captureIntent,
		"GET /v1/charges":                       listCharges,
		"GET /v1/charges/{id}":                  retrieve("charge", func(s *Server) *table[*charge] { return &s.charges }),
		"POST /v1/refunds":                      createRefund,
		"GET /v1/refunds":                       listRefunds,
		"GET /v1/refunds/{id}":                  retrieve("refund", func(s *Server) *table[*refund] { return &s.refunds }),
		"POST /v1/refunds/{id}":                 updateRefund,
		"POST /v1/refunds/{id}/cancel":          cancelRefund,
		"POST /v1/files":                        createFile,
		"GET /v1/files/{id}":                    retrieve("file", func(s *Server) *table[*file] { return &s.files }),
		"GET /v1/disputes":                      listDisputes,
		"GET /v1/disputes/{id}":                 retrieve("dispute", func(s *Server) *table[*dispute] { return &s.disputes }),
		"POST /v1/disputes/{id}":                updateDispute,
		"POST /v1/disputes/{id}/close":          closeDispute,
		"POST /v1/payouts":                      createPayout,
		"GET /v1/payouts":                       listPayouts,
		"GET /v1/payouts/{id}":                  retrieve("payout", func(s *Server) *table[*payout] { return &s.payouts }),
		"POST /v1/payouts/{id}":                 updatePayout,
		"POST /v1/payouts/{id}/cancel":          cancelPayout,
		"GET /v1/balance":                       retrieveBalance,
		"GET /v1/balance_transactions":          listTransactions,
		"GET /v1/balance_transactions/{id}": retrieve("balance transaction",
			func(s *Server) *table[*transaction] { return &s.transactions }),
		"GET /v1/events":           listEvents,
		"GET /v1/events/{id}":      retrieve("event", func(s *Server) *table[*event] { return &s.events }),
		"POST /v1/payment_methods": createMethod,
		"GET /v1/payment_methods/{id}": retrieve("payment_method",
			func(s *Server) *table[*paymentMethod] { return &s.methods }),
		"POST /v1/customers":                                    createCustomer,
		"GET /v1/customers/{id}":                                retrieve("customer", func(s *Server) *table[*customer] { return &s.customers }),
		"GET /v1/customers":                                     listCustomers,
		"GET /v1/payment_methods":                               listMethods,
		"POST /v1/payment_methods/{id}/attach":                  attachMethod,
		"GET /v1/payment_intents/search":                        searchIntents,
		"POST /v1/payment_intents/{id}/increment_authorization": incrementIntent,
		"POST /v1/charges":                                      createCharge,
		"POST /v1/charges/{id}/capture":                         captureCharge,
		"POST /v1/payouts/{id}/reverse":                         reversePayout,
		"POST /v1/test_helpers/refunds/{id}/expire":             expireRefund,
		"POST /v1/tokens":                                       createToken,
		"POST /v1/webhook_endpoints":                            createEndpoint,
		"GET /v1/webhook_endpoints":                             listEndpoints,
		"GET /v1/webhook_endpoints/{id}":                        retrieveEndpoint,
		"POST /v1/webhook_endpoints/{id}":                       updateEndpoint,
		"DELETE /v1/webhook_endpoints/{id}":                     deleteEndpoint,
		"GET /v1/account":                                       retrieveAccount,
	}
}

// Patterns returns the patterns of the endpoints that the stand-in serves: "GET /v1/charges/{id}".
func Patterns() []string { return slices.Sorted(maps.Keys(endpoints())) }

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, serve := range endpoints() {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, pattern, serve) })
	}
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		s.answer(w, "", &reply{error: &apiError{
			status: http.StatusNotFound, kind: "invalid_request_error",
			message: "Unrecognized request URL (" + r.Method + ": " + r.URL.Path + ").",
		}})
	})
	s.adminRoutes(mux)
	s.browserRoutes(mux)
	return mux
}

// ServeHTTP serves Stripe's API, what browsers load, and the routes under /_stand/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		if allowOrigins(w, r) {
			return
		}
		recorder := &statusRecorder{ResponseWriter: w}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBytes(r)))
		if err != nil { // a server does nothing with a part of a request, and takes no key from it
			s.options.Log.Debug("the request body could not be read", "error", err)
			s.answer(w, "", &reply{error: invalid("", "", "The request body could not be read.")})
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answered := s.journal.add(r, journalled(r, body))
		defer func() { answered(recorder.status) }()
		w = recorder
	}
	s.mux.ServeHTTP(w, r)
}
