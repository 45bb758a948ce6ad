package fakestripe

import (
	"slices"
	"time"
)

// Bank debits take days to settle. The charge (py_) and its balance transaction exist as soon as the debit is submitted, while
// the PaymentIntent is processing. A failure reverses them by a second balance transaction of type payment_failure_refund and
// category charge_failure (stripe.com/docs/payments/ach-direct-debit, stripe.com/docs/reports/reporting-categories).

// debitTime is how long after submission a bank debit settles or fails, unless CompleteAction or FailAction comes first.
const debitTime = 4 * 24 * time.Hour

// debitFee returns the fee of a bank debit in minor units: 0.8%, at most 500 (stripe.com/pricing/local-payment-methods).
func debitFee(amount int64) int64 { return min((amount*8+500)/1000, 500) }

func (b behaviour) methodType() string {
	if b.debit {
		return "us_bank_account"
	}
	return "card"
}

func (b behaviour) chargePrefix() string {
	if b.debit {
		return "py"
	}
	return "ch"
}

func (b behaviour) refundPrefix() string {
	if b.debit {
		return "pyr"
	}
	return "re"
}

func (b behaviour) disputePrefix() string {
	if b.debit {
		return "pdp"
	}
	return "dp"
}

func (ch *charge) transactionKind() string {
	if ch.behaviour.debit {
		return "payment"
	}
	return "charge"
}

func (ch *charge) refundKind() string {
	if ch.behaviour.debit {
		return "payment_refund"
	}
	return "refund"
}

// accepts reports whether the PaymentIntent accepts this type of payment method. With automatic_payment_methods it accepts all
// types.
func (i *intent) accepts(b behaviour) bool {
	return !b.debit || i.automatic || slices.Contains(i.methodTypes, b.methodType())
}

// methodDetails returns the charge's payment_method_details.
func (ch *charge) methodDetails() map[string]any {
	if !ch.behaviour.debit {
		return map[string]any{"type": "card", "card": ch.card()}
	}
	return map[string]any{"type": "us_bank_account", "us_bank_account": bankAccount(ch.behaviour)}
}

func bankAccount(b behaviour) map[string]any {
	return map[string]any{
		"account_holder_type": "individual", "account_type": "checking", "bank_name": "STRIPE TEST BANK",
		"fingerprint": "standinFingerprint", "last4": b.lastFour(), "routing_number": "110000000",
	}
}

func (s *Server) submitDebit(i *intent, b behaviour) {
	ch := s.newCharge(i, b)
	ch.status, ch.captured, ch.amountCaptured = "pending", true, i.amount
	i.latestCharge = ch.id
	s.settleCharge(ch)
	s.emit("charge.pending", ch)
}

func (s *Server) settleDebit(i *intent) {
	ch := s.charges.get(i.latestCharge)
	ch.status, i.status, i.received = "succeeded", succeeded, i.amount
	s.emit("charge.succeeded", ch)
	s.emit("payment_intent.succeeded", i)
	s.afterCapture(ch)
}

// failDebit fails the bank debit and returns the PaymentIntent to requires_payment_method.
func (s *Server) failDebit(i *intent, b behaviour) {
	ch := s.reverseDebit(i, b)
	i.lastError = &apiError{
		status: 402, kind: "invalid_request_error", code: ch.failure.debitCode(), message: ch.failure.message(),
		charge: ch.id, method: i.method,
	}
	i.status, i.method = needsMethod, ""
	s.emit("payment_intent.payment_failed", i)
}

// withdrawDebit reverses a submitted bank debit when its PaymentIntent is cancelled.
func (s *Server) withdrawDebit(i *intent) {
	if b, failed := s.behaviourOf(i.method); failed == nil && b.debit {
		s.reverseDebit(i, b)
	}
}

// reverseDebit fails the pending charge and books the reversal of its balance transaction, fee included.
func (s *Server) reverseDebit(i *intent, b behaviour) *charge {
	ch := s.charges.get(i.latestCharge)
	ch.status, ch.failure, ch.captured, ch.amountCaptured = "failed", b, false, 0
	made := s.transactions.get(ch.transaction)
	if made != nil {
		ch.failureTransaction = s.book(&transaction{
			availableOn: made.availableOn, amount: -made.amount, fee: -made.fee, currency: made.currency, kind: "payment_failure_refund",
			category: "charge_failure", source: ch.id, description: "REFUND FOR FAILED PAYMENT",
		}).id
	}
	s.emit("charge.failed", ch)
	return ch
}

func (b behaviour) debitCode() string {
	if b.code == "" {
		return "payment_intent_payment_attempt_failed"
	}
	return "payment_method_" + b.code
}

// canCancel reports whether the PaymentIntent can be cancelled; while it is processing, this depends on its payment method.
func (s *Server) canCancel(i *intent) bool {
	if i.status != processing {
		return cancellable[i.status]
	}
	b, failed := s.behaviourOf(i.method)
	return failed == nil && (b.cancellable || s.hooks.cancelProcessing)
}

// moveDueDebits settles or fails the bank debits that were submitted at least debitTime before now.
func (s *Server) moveDueDebits(now time.Time) {
	s.mu.Lock()
	due := now.Add(-debitTime).Unix()
	for _, ch := range s.charges.order {
		b := ch.behaviour
		switch {
		case ch.status != "pending" || !b.debit || b.cancellable || ch.created > due:
		case b.declined():
			s.failDebit(ch.intent, b)
		default:
			s.settleDebit(ch.intent)
		}
	}
	s.mu.Unlock()
	s.webhooks.flush()
}
