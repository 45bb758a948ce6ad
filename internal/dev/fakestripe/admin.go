package fakestripe

import (
	"encoding/json"
	"net/http"
)

// adminRoutes registers the routes under /_stand/ with which other processes control the stand-in; the package comment lists
// them.
func (s *Server) adminRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /_stand/faults", func(w http.ResponseWriter, r *http.Request) {
		var in Fault
		if decode(w, r, &in) {
			s.faults.Add(in)
			respond(w, in)
		}
	})
	mux.HandleFunc("DELETE /_stand/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.faults.Clear()
		respond(w, map[string]any{})
	})
	mux.HandleFunc("GET /_stand/journal", func(w http.ResponseWriter, _ *http.Request) { respond(w, s.journal.Records()) })
	mux.HandleFunc("GET /_stand/payment_intents", func(w http.ResponseWriter, _ *http.Request) { respond(w, s.PaymentIntents()) })
	mux.HandleFunc("GET /_stand/balance/{currency}", func(w http.ResponseWriter, r *http.Request) {
		respond(w, map[string]any{"amount": s.Balance(r.PathValue("currency")), "currency": r.PathValue("currency")})
	})
	for name, move := range map[string]func(string) error{
		"complete_action": s.CompleteAction, "fail_action": s.FailAction, "force_succeed": s.ForceSucceed,
	} {
		mux.HandleFunc("POST /_stand/payment_intents/{id}/"+name, func(w http.ResponseWriter, r *http.Request) {
			if err := move(r.PathValue("id")); err != nil {
				http.Error(w, err.Error(), http.StatusConflict)
				return
			}
			respond(w, map[string]any{})
		})
	}
	s.adminMoneyRoutes(mux)
	s.adminHookRoutes(mux)
	s.adminWebhookRoutes(mux)
}

func (s *Server) adminWebhookRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /_stand/webhooks/hold", func(w http.ResponseWriter, _ *http.Request) {
		s.HoldWebhooks()
		respond(w, map[string]any{})
	})
	mux.HandleFunc("POST /_stand/webhooks/release", func(w http.ResponseWriter, r *http.Request) {
		in := struct {
			Shuffle bool `json:"shuffle"`
			Times   int  `json:"times"`
		}{Times: 1}
		if decode(w, r, &in) {
			s.webhooks.release(in.Shuffle, max(in.Times, 1))
			respond(w, map[string]any{})
		}
	})
	mux.HandleFunc("POST /_stand/webhooks/{event}/deliver", func(w http.ResponseWriter, r *http.Request) {
		status, err := s.Deliver(r.PathValue("event"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		respond(w, map[string]any{"status": status})
	})
}

func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		http.Error(w, "invalid JSON body: "+err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func respond(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // a client that disconnected cannot receive the body
}
