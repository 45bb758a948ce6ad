package paypage

import (
	"math"
	"net/http"
	"strconv"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/starter/limit"
)

// secretBody has the client secret, for Stripe.js alone. It is stored and logged nowhere.
type secretBody struct {
	ClientSecret string `json:"clientSecret"`
}

// answerSecret answers the page's script once the payment can be made. It refuses while a fence is up: no money moves then.
func (s *site) answerSecret(w http.ResponseWriter, v *visit) {
	for _, verdict := range []limit.Verdict{
		s.secretsOfAddress.Take(limit.Source(limit.Client(v.Request, s.TrustedProxies))), s.secretsOfBooking.Take(v.known.Reference),
	} {
		if !verdict.Allowed {
			w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(verdict.Retry.Seconds())))))
			answerNoLink(w, v.Request, http.StatusTooManyRequests)
			return
		}
	}
	if !v.state().payable() {
		answerNoLink(w, v.Request, http.StatusConflict)
		return
	}
	ctx := correlation.With(v.Context(), v.known.CorrelationID)
	fence, err := s.Store.Fence(ctx)
	if err != nil || fence != nil {
		s.unavailable(w, v, "fence", err)
		return
	}
	snapshot, secret, err := s.Stripe.PaymentIntent(ctx, v.known.Payment.PaymentIntentID)
	if err != nil {
		s.unavailable(w, v, "PaymentIntent", err)
		return
	}
	switch snapshot.PaymentStatus() {
	case booking.PaymentPending, booking.PaymentRequiresAction, booking.PaymentFailed:
		answerJSON(w, http.StatusOK, secretBody{secret})
	default: // paid a moment ago: its event is on the way
		answerNoLink(w, v.Request, http.StatusConflict)
	}
}

func (s *site) unavailable(w http.ResponseWriter, v *visit, what string, err error) {
	if err != nil {
		s.Log.ErrorContext(v.Context(), "client secret not read", "what", what, "error", err)
	}
	w.Header().Set("Retry-After", "5")
	answerNoLink(w, v.Request, http.StatusServiceUnavailable)
}
