package fakestripe

import "fmt"

func confirmIntent(s *Server, c *call) (any, *apiError) {
	i, failed := s.findIntent(c)
	if failed != nil {
		return nil, failed
	}
	return s.confirm(i, c)
}

// needsReturnURL is Stripe's error when a PaymentIntent whose payment method may redirect is confirmed without return_url
// (stripe.com/docs/api/payment_intents/confirm#confirm_payment_intent-return_url).
const needsReturnURL = "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these " +
	"payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept " +
	"redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and " +
	"`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."

// confirm attempts the payment. It succeeds, is declined with a 402, waits for authentication, or waits for the bank while
// processing.
func (s *Server) confirm(i *intent, c *call) (any, *apiError) {
	switch i.status {
	case needsMethod, needsConfirmation, needsAction:
	case succeeded:
		return nil, unexpectedState(i, "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.")
	default:
		return nil, unexpectedState(i, "You cannot confirm this PaymentIntent because it has a status of "+i.status+".")
	}
	if i.automatic && i.redirects != "never" && c.form.Get("return_url") == "" {
		return nil, invalid("", "return_url", needsReturnURL)
	}
	if failed := s.changeIntent(i, c); failed != nil {
		return nil, failed
	}
	if i.method == "" {
		return nil, unexpectedState(i, "You cannot confirm this PaymentIntent because it's missing a payment method.")
	}
	b, failed := s.behaviourOf(i.method)
	switch {
	case failed != nil:
		return nil, failed
	case b.action:
		i.status, i.lastError = needsAction, nil
		s.emit("payment_intent.requires_action", i)
	case b.processing:
		i.status, i.lastError = processing, nil
		if b.debit {
			s.submitDebit(i, b)
		}
		s.emit("payment_intent.processing", i)
	case b.declined():
		return nil, s.decline(i, b)
	default:
		s.succeed(i, b)
	}
	return i.wire(s, expansionOf(c.form)), nil
}

// decline records a failed charge and returns the PaymentIntent to requires_payment_method. The result is the 402 to answer
// with.
func (s *Server) decline(i *intent, b behaviour) *apiError {
	ch := s.newCharge(i, b)
	ch.failure = b
	ch.status = "failed"
	failed := &apiError{
		status: 402, kind: "card_error", code: b.errorCode(), declineCode: b.declineCode,
		message: b.message(), charge: ch.id, method: i.method,
	}
	i.status, i.latestCharge = needsMethod, ch.id
	i.lastError = failed
	i.method = ""
	s.emit("charge.failed", ch)
	s.emit("payment_intent.payment_failed", i)
	answer := *failed
	answer.intent = i
	return &answer
}

// succeed captures the payment, or only authorises it if capture_method is manual.
func (s *Server) succeed(i *intent, b behaviour) {
	if i.status == processing && b.debit {
		s.settleDebit(i)
		return
	}
	ch := s.newCharge(i, b)
	i.latestCharge, i.lastError = ch.id, nil
	if i.captureMethod == "manual" {
		i.status, i.capturable = needsCapture, i.amount
		s.emit("charge.succeeded", ch)
		s.emit("payment_intent.amount_capturable_updated", i)
		return
	}
	s.capture(i, ch, i.amount)
	s.emit("charge.succeeded", ch)
	s.emit("payment_intent.succeeded", i)
	if s.hooks.moreEvents {
		s.emit("charge.updated", ch)
	}
	s.afterCapture(ch)
}

// afterCapture opens the dispute or inquiry that some test cards cause immediately.
func (s *Server) afterCapture(ch *charge) {
	switch {
	case ch.behaviour.disputed != "":
		s.openDispute(ch, ch.amountCaptured, ch.behaviour.disputed)
	case ch.behaviour.inquired:
		s.openInquiry(ch)
	}
}

func (s *Server) capture(i *intent, ch *charge, amount int64) {
	i.status, i.received, i.capturable, i.canceledAt, i.cancellationReason = succeeded, amount, 0, 0, ""
	ch.captured, ch.amountCaptured = true, amount
	if amount < ch.amount {
		s.releaseAuthorisation(ch, "")
	}
	if !s.delayBalance {
		s.settleCharge(ch)
	}
}

// cancellable lists the statuses in which a PaymentIntent can be cancelled (stripe.com/docs/api/payment_intents/cancel).
var cancellable = map[string]bool{needsMethod: true, needsConfirmation: true, needsAction: true, needsCapture: true}

func cancelIntent(s *Server, c *call) (any, *apiError) {
	i, failed := s.findIntent(c)
	if failed != nil {
		return nil, failed
	}
	if !s.canCancel(i) {
		return nil, unexpectedState(i, fmt.Sprintf("You cannot cancel this PaymentIntent because it has a status of %s. Only a PaymentIntent "+
			"with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_reauthorization, "+
			"requires_confirmation, requires_action, processing.", i.status))
	}
	held := i.status == needsCapture
	if i.status == processing {
		s.withdrawDebit(i)
	}
	i.status, i.capturable, i.canceledAt = canceled, 0, s.clock.Now().Unix()
	i.cancellationReason = c.form.Get("cancellation_reason")
	if held {
		ch := s.charges.get(i.latestCharge)
		s.releaseAuthorisation(ch, "")
		s.emitRelease(ch)
	}
	s.emit("payment_intent.canceled", i)
	return i.wire(s, expansionOf(c.form)), nil
}

// incrementIntent increases the amount of an authorisation that was requested as incremental
// (stripe.com/docs/api/payment_intents/increment_authorization).
func incrementIntent(s *Server, c *call) (any, *apiError) {
	i, failed := s.findIntent(c)
	if failed != nil {
		return nil, failed
	}
	amount, _, failed := c.integer("amount")
	switch {
	case failed != nil:
		return nil, failed
	case i.status != needsCapture:
		return nil, unexpectedState(i, "This PaymentIntent could not be incremented because it has a status of "+i.status+".")
	case !i.incremental:
		return nil, refused("", "This PaymentIntent is not eligible for incremental authorization.")
	case amount <= i.amount:
		return nil, invalid("", "amount", "The amount must be greater than the currently authorized amount.")
	}
	if failed := c.changeMetadata(&i.metadata); failed != nil {
		return nil, failed
	}
	i.amount, i.capturable = amount, amount
	s.charges.get(i.latestCharge).amount = amount
	s.emit("payment_intent.amount_capturable_updated", i)
	return i.wire(s, expansionOf(c.form)), nil
}

func captureIntent(s *Server, c *call) (any, *apiError) {
	i, failed := s.findIntent(c)
	if failed != nil {
		return nil, failed
	}
	if i.status != needsCapture {
		return nil, unexpectedState(i, "This PaymentIntent could not be captured because it has a status of "+i.status+".")
	}
	amount, given, failed := c.integer("amount_to_capture")
	switch {
	case failed != nil:
		return nil, failed
	case !given:
		amount = i.capturable
	case amount < 1 || amount > i.capturable:
		return nil, invalid("amount_too_large", "amount_to_capture", "The amount to capture is more than what is capturable.")
	}
	ch := s.charges.get(i.latestCharge)
	if s.captureBefore(ch) <= s.clock.Now().Unix() {
		return nil, refused("charge_expired_for_capture", "The charge cannot be captured as the authorization has expired.")
	}
	if failed := c.changeMetadata(&i.metadata); failed != nil {
		return nil, failed
	}
	s.capture(i, ch, amount)
	s.emit("charge.captured", ch)
	if ch.released != nil {
		s.emitRelease(ch)
	}
	s.emit("payment_intent.succeeded", i)
	s.afterCapture(ch)
	return i.wire(s, expansionOf(c.form)), nil
}

// CompleteAction continues the payment: the customer authenticates, or the bank settles the debit.
func (s *Server) CompleteAction(id string) error {
	return s.afterwards(id, func(i *intent) *apiError {
		b, failed := s.behaviourOf(i.method)
		if failed != nil {
			return failed
		}
		switch {
		case i.status == needsAction && b.declined():
			_ = s.decline(i, b) // no client waits for the 402
			return nil
		case i.status == processing && b.debit && b.declined():
			s.failDebit(i, b)
			return nil
		}
		s.succeed(i, b)
		return nil
	})
}

// FailAction fails the payment: the customer does not authenticate, or the bank rejects the debit.
func (s *Server) FailAction(id string) error {
	return s.afterwards(id, func(i *intent) *apiError {
		b, failed := s.behaviourOf(i.method)
		if failed == nil && i.status == processing && b.debit {
			s.failDebit(i, b)
			return nil
		}
		code := "payment_intent_authentication_failure"
		if i.status == processing {
			code = "payment_intent_payment_attempt_failed"
		}
		i.status, i.method = needsMethod, ""
		i.lastError = &apiError{status: 402, kind: "card_error", code: code, message: "The payment attempt failed."}
		s.emit("payment_intent.payment_failed", i)
		return nil
	})
}

func (s *Server) afterwards(id string, move func(*intent) *apiError) error {
	s.mu.Lock()
	i, failed := s.intents.find("payment_intent", id)
	if failed == nil && i.status != needsAction && i.status != processing {
		failed = unexpectedState(i, "nothing is awaited of a PaymentIntent that is "+i.status)
	}
	if failed == nil {
		failed = move(i)
	}
	s.mu.Unlock()
	s.webhooks.flush()
	return asError(failed)
}

// ForceSucceed makes a PaymentIntent succeed whatever its status. It simulates a late payment, which Stripe's rules exclude once
// the PaymentIntent is cancelled.
func (s *Server) ForceSucceed(id string) error {
	s.mu.Lock()
	i, failed := s.intents.find("payment_intent", id)
	if failed == nil && i.status == succeeded {
		failed = unexpectedState(i, "it has succeeded already")
	}
	if failed == nil {
		s.succeed(i, behaviour{})
	}
	s.mu.Unlock()
	s.webhooks.flush()
	return asError(failed)
}

func asError(failed *apiError) error {
	if failed == nil {
		return nil
	}
	return fmt.Errorf("%s", failed.message)
}
