package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// The types of application errors, which the Temporal UI shows and workflows compare.
const (
	// InvalidPaymentRequest is a request that Stripe refuses for good. Non-retryable.
	InvalidPaymentRequest = "InvalidPaymentRequest"
	// IdempotencyConflict is an idempotency key that was used with two bodies: a bug in Farebook. Non-retryable, and logged as an error.
	IdempotencyConflict = "IdempotencyConflict"
	// IllegalTransition is a transition that a state machine does not allow. Non-retryable.
	IllegalTransition = "IllegalTransition"
	// Contradiction is an object at Stripe that contradicts the books, such as a PaymentIntent over another amount than the booking's
	// price. Non-retryable.
	Contradiction = "AmountMismatch"
	// NotCancellable is a cancellation after payment that the booking's state does not allow. Non-retryable.
	NotCancellable = "NotCancellable"
	// QuoteChanged is a cancellation whose refund differs from the quote. Non-retryable.
	QuoteChanged = "QuoteChanged"
	// ScanStuck is a scan of a reconciliation that has made no progress for hours. Non-retryable.
	ScanStuck = "ScanStuck"
	// PlanChanged is a reconciliation plan that does not match its digest. Non-retryable.
	PlanChanged = "PlanChanged"
	// NotInBooks is a booking, refund, event or email that the database does not have. Non-retryable.
	NotInBooks = "NotInBooks"
	// OutcomeUnknown is a call whose effect may or may not have happened. Retried under the same key.
	OutcomeUnknown = "OutcomeUnknown"
	// NotAtStripe is an object that Stripe does not have, or not yet. Retried: Farebook asks for no object whose id it does not have from
	// Stripe, and Stripe's reads can be behind its writes and events.
	NotAtStripe = "NotAtStripe"
	// Fenced is work that waits until a fence is lowered, or until the books are rebuilt. Retried.
	Fenced = "Fenced"
	// StripeBusy is a 409 or 429 response. Retried later.
	StripeBusy = "StripeBusy"
	// StripeRefusesKey is a 401 or 403 response: an operator has to check the secret key. Retried slowly.
	StripeRefusesKey = "StripeRefusesKey"
	// MailServerUnavailable is a temporary failure of the mail server. Retried.
	MailServerUnavailable = "MailServerUnavailable"
	// EmailBeingSent is an email that another worker is sending. Retried: by then it is sent, or the other worker has stopped.
	EmailBeingSent = "MailBeingSent"
)

const (
	// busyDelay is how long a request under the same key, or a rate limit, gets to pass.
	busyDelay = 2 * time.Second
	// unauthorizedDelay is long, because each attempt adds a line to Stripe's security log until the key is right.
	unauthorizedDelay = time.Minute
)

// stripeError maps a failure of a call to Stripe to the application error that tells the workflow what to do.
func stripeError(err error) error {
	var failure *stripeapi.CallError
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Kind {
	case stripeapi.InvalidRequest, stripeapi.UnexpectedState:
		return temporal.NewNonRetryableApplicationError(failure.Error(), InvalidPaymentRequest, nil, failure.Code)
	case stripeapi.NotFound:
		return notAtStripe(failure.Error())
	case stripeapi.IdempotencyConflict:
		return temporal.NewNonRetryableApplicationError(failure.Error(), IdempotencyConflict, nil)
	case stripeapi.Busy:
		return temporal.NewApplicationErrorWithOptions(failure.Error(), StripeBusy, temporal.ApplicationErrorOptions{NextRetryDelay: busyDelay})
	case stripeapi.Unauthorized:
		return temporal.NewApplicationErrorWithOptions(failure.Error(), StripeRefusesKey,
			temporal.ApplicationErrorOptions{NextRetryDelay: unauthorizedDelay})
	case stripeapi.Fenced:
		return temporal.NewApplicationError(failure.Error(), Fenced)
	default:
		return temporal.NewApplicationError(failure.Error(), OutcomeUnknown)
	}
}

// waitForFence returns an error while a fence is up. It guards decisions that rest on the books alone, which may have lost what they are
// based on.
func waitForFence(ctx context.Context, books *store.Store) error {
	up, err := books.Fence(ctx)
	if err != nil || up == nil {
		return err
	}
	return temporal.NewApplicationError((&store.FenceUpError{Fence: *up}).Error(), Fenced)
}

// WaitForRebuild turns a failure into a retryable one: the books may only fail because they were restored to an earlier time.
func WaitForRebuild(failure *temporal.ApplicationError) error {
	return temporal.NewApplicationError("a fence is up, and the restored books may be incomplete: "+failure.Message(), Fenced)
}

// creationError is stripeError for what is sent under a key derived from a request. Where Stripe has seen other bytes under the key, the
// books have forgotten an earlier request: the activity is retried, and searches for what that request led to.
func creationError(err error, requestKey string) error {
	if requestKey != "" && stripeapi.IsKind(err, stripeapi.IdempotencyConflict) {
		return temporal.NewApplicationError(err.Error(), OutcomeUnknown)
	}
	return stripeError(err)
}

// moveError is stripeError for the capture or cancellation of a PaymentIntent. It is retried where the state refused it a moment ago and
// would allow it now, and under another key where other bytes were sent under this one.
func moveError(err error) error {
	if stripeapi.IsKind(err, stripeapi.IdempotencyConflict) {
		return temporal.NewApplicationError(err.Error(), OutcomeUnknown)
	}
	if stripeapi.IsKind(err, stripeapi.UnexpectedState) {
		return temporal.NewApplicationErrorWithOptions(err.Error(), StripeBusy, temporal.ApplicationErrorOptions{NextRetryDelay: busyDelay})
	}
	return stripeError(err)
}

// storeError maps what the books refuse for good to non-retryable errors. Anything else (connection lost, deadlock) is retried.
func storeError(err error) error {
	var illegal *booking.IllegalTransitionError
	var contradiction *store.ContradictionError
	var notCancellable *store.NotCancellableError
	var quoteChanged *store.QuoteChangedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &illegal):
		return temporal.NewNonRetryableApplicationError(illegal.Error(), IllegalTransition, nil)
	case errors.As(err, &contradiction):
		return temporal.NewNonRetryableApplicationError(contradiction.Error(), Contradiction, nil)
	case errors.As(err, &notCancellable):
		return temporal.NewNonRetryableApplicationError(notCancellable.Error(), NotCancellable, nil)
	case errors.As(err, &quoteChanged):
		return temporal.NewNonRetryableApplicationError(quoteChanged.Error(), QuoteChanged, nil)
	case errors.Is(err, store.ErrNotFound):
		return temporal.NewNonRetryableApplicationError(err.Error(), NotInBooks, nil)
	default:
		return err
	}
}

// final reports whether the error is non-retryable.
func final(err error) bool {
	var application *temporal.ApplicationError
	return errors.As(err, &application) && application.NonRetryable()
}

func nonRetryable(kind, message string) error {
	return temporal.NewNonRetryableApplicationError(message, kind, nil)
}
