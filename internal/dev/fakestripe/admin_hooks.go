package fakestripe

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// hook registers a route that decodes a JSON body into In and answers with the map that do returns; a nil map becomes {}. A body
// that is not an In is a 400, an error of do is a 409.
func hook[In any](mux *http.ServeMux, pattern string, do func(r *http.Request, in In) (map[string]any, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var in In
		if !decode(w, r, &in) {
			return
		}
		answer, err := do(r, in)
		if answer == nil {
			answer = map[string]any{}
		}
		answerMove(w, answer, err)
	})
}

type switchBody struct {
	On bool `json:"on"`
}

type eventsBody struct {
	Events []string `json:"events"`
}

// adminHookRoutes registers the routes that switch on Stripe's irregular behaviour; everything is off by default.
func (s *Server) adminHookRoutes(mux *http.ServeMux) {
	for name, turn := range map[string]func(bool){
		"more_events": s.SendMoreEvents, "cancel_processing": s.LetProcessingBeCancelled, "keep_dispute_fees": s.KeepDisputeFees,
		"hold_payout_reconciliation": s.HoldPayoutReconciliation, "negative_payouts": s.AllowNegativePayouts, "hold_refunds": s.HoldRefunds,
		"hold_reinstatements": s.HoldReinstatements, "delay_balance_transactions": s.DelayBalanceTransactions,
	} {
		hook(mux, "POST /_stand/switches/"+name, func(_ *http.Request, in switchBody) (map[string]any, error) {
			turn(in.On)
			return nil, nil
		})
	}
	hook(mux, "POST /_stand/lists/lag", func(_ *http.Request, in struct {
		MS    int64    `json:"ms"`
		Paths []string `json:"paths"`
	},
	) (map[string]any, error) {
		s.LagLists(time.Duration(in.MS)*time.Millisecond, in.Paths...)
		return nil, nil
	})
	s.adminObjectRoutes(mux)
	s.adminFundsRoutes(mux)
	s.adminDisputeHookRoutes(mux)
	s.adminDeliveryRoutes(mux)
}

func (s *Server) adminObjectRoutes(mux *http.ServeMux) {
	hook(mux, "POST /_stand/objects/{id}/rewrite", func(r *http.Request, in struct {
		Fields map[string]json.RawMessage `json:"fields"`
		eventsBody
	},
	) (map[string]any, error) {
		var fields map[string]any
		for name, value := range in.Fields {
			if fields == nil {
				fields = map[string]any{}
			}
			fields[name] = value
		}
		return nil, s.Rewrite(r.PathValue("id"), fields, in.Events...)
	})
	hook(mux, "POST /_stand/objects/{id}/metadata", func(r *http.Request, in map[string]string) (map[string]any, error) {
		return nil, s.EditMetadata(r.PathValue("id"), in)
	})
	hook(mux, "POST /_stand/objects/{id}/tell", func(r *http.Request, in eventsBody) (map[string]any, error) {
		return nil, s.Tell(r.PathValue("id"), in.Events...)
	})
}

func (s *Server) adminFundsRoutes(mux *http.ServeMux) {
	hook(mux, "POST /_stand/fees", func(_ *http.Request, in *Fees) (map[string]any, error) {
		s.SetFees(in)
		return nil, nil
	})
	hook(mux, "POST /_stand/refunds/refuse", func(_ *http.Request, in struct {
		When RefundRefusal `json:"when"`
	},
	) (map[string]any, error) {
		s.RefuseRefunds(in.When)
		return nil, nil
	})
	hook(mux, "POST /_stand/balance_transactions", func(_ *http.Request, in BalanceTransaction) (map[string]any, error) {
		return map[string]any{"id": s.Book(in)}, nil
	})
	hook(mux, "POST /_stand/balance/kinds/{kind}", func(r *http.Request, in struct {
		Currency string `json:"currency"`
		Amount   int64  `json:"amount"`
	},
	) (map[string]any, error) {
		s.SetBalanceKind(r.PathValue("kind"), in.Currency, in.Amount)
		return nil, nil
	})
	hook(mux, "POST /_stand/payouts/{id}/reconcile", func(r *http.Request, _ struct{}) (map[string]any, error) {
		return nil, s.CompletePayoutReconciliation(r.PathValue("id"))
	})
}

func (s *Server) adminDisputeHookRoutes(mux *http.ServeMux) {
	hook(mux, "POST /_stand/disputes", func(_ *http.Request, in NewDispute) (map[string]any, error) {
		id, err := s.OpenDispute(in)
		return map[string]any{"id": id}, err
	})
	hook(mux, "POST /_stand/disputes/{id}/status", func(r *http.Request, in struct {
		Status string `json:"status"`
		eventsBody
	},
	) (map[string]any, error) {
		return nil, s.SetDisputeStatus(r.PathValue("id"), in.Status, in.Events...)
	})
	hook(mux, "POST /_stand/disputes/{id}/withdraw", func(r *http.Request, in eventsBody) (map[string]any, error) {
		return nil, s.WithdrawDispute(r.PathValue("id"), in.Events...)
	})
	hook(mux, "POST /_stand/disputes/{id}/reinstate", func(r *http.Request, in struct {
		Amount int64 `json:"amount"`
		Fee    int64 `json:"fee"`
		eventsBody
	},
	) (map[string]any, error) {
		return nil, s.ReinstateDispute(r.PathValue("id"), in.Amount, in.Fee, in.Events...)
	})
}

func (s *Server) adminDeliveryRoutes(mux *http.ServeMux) {
	delivered := func(status int, err error) (map[string]any, error) { return map[string]any{"status": status}, err }
	hook(mux, "POST /_stand/deliveries/event", func(_ *http.Request, in MadeEvent) (map[string]any, error) {
		return delivered(s.DeliverMade(in))
	})
	hook(mux, "POST /_stand/deliveries/thin", func(_ *http.Request, in struct {
		Type string `json:"type"`
	},
	) (map[string]any, error) {
		return delivered(s.DeliverThin(in.Type))
	})
	hook(mux, "POST /_stand/events/account", func(_ *http.Request, in struct {
		Account string `json:"account"`
	},
	) (map[string]any, error) {
		s.SendEventsFrom(in.Account)
		return nil, nil
	})
	mux.HandleFunc("POST /_stand/deliveries/payload", func(w http.ResponseWriter, r *http.Request) {
		payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
		if err == nil {
			answer, failed := delivered(s.DeliverPayload(payload))
			answerMove(w, answer, failed)
			return
		}
		http.Error(w, err.Error(), http.StatusBadRequest)
	})
}
