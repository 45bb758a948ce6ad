package story

import (
	"farebook/booking"
	"farebook/store"
)

// Action is something that a caller may do about a booking.
type Action struct {
	Action  string `json:"action" enum:"cancel,capture,refund,resend"`
	Allowed bool   `json:"allowed" doc:"The state allows it. The operation itself decides, because the state may change."`
	// Reason is empty where it is allowed.
	Reason string `json:"reason,omitempty" doc:"Why not, as a stable id." example:"disputed"`
	Text   string `json:"text,omitempty" doc:"Why not, in words."`
}

// The reasons why an action is not possible, by their ids.
var refusals = map[string]string{
	"cancelled":       "the booking is cancelled already",
	"closed":          "the booking is closed and was not paid",
	"returned":        "the money is returned already",
	"disputed":        "the payment is disputed: the bank decides",
	"automatic":       "the payment is captured automatically",
	"not_authorized":  "the payment is not authorised",
	"captured":        "the payment is captured already",
	"not_captured":    "no payment was captured",
	"nothing_left":    "nothing of the payment is left",
	"no_email":        "no email was written that could be sent again",
	"being_paid":      "the payment is being processed by the bank",
	"operators_alone": "only an operator may",
}

func actionsOf(s store.Story, f Figures, o Options) []Action {
	return []Action{
		action("cancel", cancelRefusal(s.Booking)), action("capture", captureRefusal(s.Booking)), action("refund", refundRefusal(s, f)),
		action("resend", resendRefusal(s, o)),
	}
}

func action(name, refusal string) Action {
	return Action{Action: name, Allowed: refusal == "", Reason: refusal, Text: refusals[refusal]}
}

// cancelRefusal is why a booking cannot be cancelled; empty if it can. A cancellation that loses against a payment is refused by the
// booking's workflow.
func cancelRefusal(b store.Booking) string {
	switch {
	case b.CancelledAt != nil, b.Status == booking.StatusCancelled:
		return "cancelled"
	case b.Status == booking.StatusExpired, b.Status == booking.StatusPaymentFailed:
		return "closed"
	case b.Status == booking.StatusRefunded:
		return "returned"
	case b.Status == booking.StatusDisputed:
		return "disputed"
	case b.Status == booking.StatusPendingPayment && b.Payment != nil && b.Payment.Status == booking.PaymentProcessing:
		return "being_paid"
	}
	return ""
}

func captureRefusal(b store.Booking) string {
	switch {
	case b.Capture != booking.CaptureManual:
		return "automatic"
	case b.Payment != nil && b.Payment.Status == booking.PaymentSucceeded:
		return "captured"
	case b.Status.Final():
		return "closed"
	case b.Payment == nil || b.Payment.Status != booking.PaymentAuthorized:
		return "not_authorized"
	}
	return ""
}

func refundRefusal(s store.Story, f Figures) string {
	switch {
	case s.Booking.Payment == nil || s.Booking.Payment.Status != booking.PaymentSucceeded:
		return "not_captured"
	case f.Disputed.Value > 0:
		return "disputed"
	case f.Refundable.Value <= 0:
		return "nothing_left"
	}
	return ""
}

func resendRefusal(s store.Story, o Options) string {
	if !o.Operator {
		return "operators_alone"
	}
	for _, email := range s.Emails {
		if resendable(email) {
			return ""
		}
	}
	return "no_email"
}

// resendable reports whether a copy of the email can be sent: one that is queued goes out anyway.
func resendable(email store.Email) bool { return email.Status != store.EmailQueued }
