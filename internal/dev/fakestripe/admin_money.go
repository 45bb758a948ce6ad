package fakestripe

import (
	"net/http"
	"time"
)

// adminMoneyRoutes registers the routes that act for banks and cardholders: settle or fail refunds, open and decide disputes,
// move payouts.
func (s *Server) adminMoneyRoutes(mux *http.ServeMux) {
	s.adminRefundRoutes(mux)
	s.adminDisputeRoutes(mux)
	s.adminPayoutRoutes(mux)
	s.adminReportRoutes(mux)
	mux.HandleFunc("POST /_stand/authorizations/expire", func(w http.ResponseWriter, _ *http.Request) {
		s.ExpireAuthorizations()
		respond(w, map[string]any{})
	})
	mux.HandleFunc("POST /_stand/clock", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			AdvanceMS int64 `json:"advance_ms"`
		}
		if decode(w, r, &in) {
			s.Advance(time.Duration(in.AdvanceMS) * time.Millisecond)
			respond(w, map[string]any{"now": s.clock.Now().UTC()})
		}
	})
}

func (s *Server) adminRefundRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /_stand/refunds", func(w http.ResponseWriter, _ *http.Request) { respond(w, s.Refunds()) })
	for name, move := range map[string]func(id string) error{
		"settle": s.SettleRefund, "require_action": s.RequireRefundAction, "fail": func(id string) error { return s.FailRefund(id, "") },
	} {
		mux.HandleFunc("POST /_stand/refunds/{id}/"+name, func(w http.ResponseWriter, r *http.Request) {
			answerMove(w, map[string]any{}, move(r.PathValue("id")))
		})
	}
	mux.HandleFunc("POST /_stand/payment_intents/{id}/refund", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Amount int64 `json:"amount"`
		}
		if decode(w, r, &in) {
			id, err := s.RefundInDashboard(r.PathValue("id"), in.Amount)
			answerMove(w, map[string]any{"id": id}, err)
		}
	})
}

func (s *Server) adminDisputeRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /_stand/disputes", func(w http.ResponseWriter, _ *http.Request) { respond(w, s.Disputes()) })
	mux.HandleFunc("POST /_stand/payment_intents/{id}/dispute", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Amount int64  `json:"amount"`
			Reason string `json:"reason"`
		}
		if decode(w, r, &in) {
			id, err := s.Dispute(r.PathValue("id"), in.Amount, orDefault(in.Reason, "fraudulent"))
			answerMove(w, map[string]any{"id": id}, err)
		}
	})
	mux.HandleFunc("POST /_stand/disputes/{id}/move", func(w http.ResponseWriter, r *http.Request) {
		var in statusBody
		if decode(w, r, &in) {
			answerMove(w, map[string]any{}, s.MoveDispute(r.PathValue("id"), in.Status))
		}
	})
}

func (s *Server) adminPayoutRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /_stand/payouts", func(w http.ResponseWriter, _ *http.Request) { respond(w, s.Payouts()) })
	mux.HandleFunc("POST /_stand/payouts", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Currency string `json:"currency"`
		}
		if decode(w, r, &in) {
			id, err := s.PayOut(in.Currency)
			answerMove(w, map[string]any{"id": id}, err)
		}
	})
	mux.HandleFunc("POST /_stand/payouts/{id}/move", func(w http.ResponseWriter, r *http.Request) {
		var in statusBody
		if decode(w, r, &in) {
			answerMove(w, map[string]any{}, s.MovePayout(r.PathValue("id"), in.Status))
		}
	})
	mux.HandleFunc("POST /_stand/settlement", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Currency string             `json:"currency"`
			Rates    map[string]float64 `json:"rates"`
		}
		if decode(w, r, &in) {
			s.SettleIn(in.Currency, in.Rates)
			respond(w, map[string]any{})
		}
	})
	mux.HandleFunc("POST /_stand/balance/settle", func(w http.ResponseWriter, _ *http.Request) {
		s.SettleFunds()
		respond(w, map[string]any{})
	})
}

type statusBody struct {
	Status string `json:"status"`
}

// answerMove writes answer, or err as a 409, because the object's current state may not allow the move.
func answerMove(w http.ResponseWriter, answer map[string]any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	respond(w, answer)
}
