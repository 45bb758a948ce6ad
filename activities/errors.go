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

// Error types of application errors, as the Temporal UI shows them and workflows compare them.
const (
	// InvalidPaymentRequest is a request that Stripe will never take. Non-retryable.
	InvalidPaymentRequest = "InvalidPaymentRequest"
	// IdempotencyConflict is one key used with two bodies: a bug of ours. Non-retryable and loud.
	IdempotencyConflict = "IdempotencyConflict"
	// IllegalTransition is a state machine's refusal. Non-retryable.
	IllegalTransition = "IllegalTransition"
	// AmountMismatch is a PaymentIntent that is not about the booking's amount. Non-retryable and loud.
	AmountMismatch = "AmountMismatch"
	// NotCancellable is a cancellation after payment that cannot be. Non-retryable.
	NotCancellable = "NotCancellable"
	// QuoteChanged is a cancellation whose refund is not what was quoted. Non-retryable.
	QuoteChanged = "QuoteChanged"
	// ScanStuck is a reconciliation's scan that got no further for hours. Non-retryable.
	ScanStuck = "ScanStuck"
	// PlanChanged is a reconciliation's plan that is not what its digest says. Non-retryable.
	PlanChanged = "PlanChanged"
	// NotInBooks is a booking, refund, event or mail that the database does not hold. Non-retryable.
	NotInBooks = "NotInBooks"
	// OutcomeUnknown is a call whose effect may or may not have happened. Retried with the same key.
	OutcomeUnknown = "OutcomeUnknown"
	// NotAtStripe is an object that Stripe does not find, or not yet. Retried.
	NotAtStripe = "NotAtStripe"
	// Fenced is something that waits until a fence is lowered, or until the books are rebuilt. Retried.
	Fenced = "Fenced"
	// StripeBusy is a 409 or 429. Retried later.
	StripeBusy = "StripeBusy"
	// StripeRefusesKey is a 401 or 403: an operator has to look at the key. Retried slowly.
	StripeRefusesKey = "StripeRefusesKey"
	// MailServerUnavailable is a temporary failure of the mail server. Retried.
	MailServerUnavailable = "MailServerUnavailable"
	// MailBeingSent is a mail that another worker is at. Retried: by then it is sent, or nobody is.
	MailBeingSent = "MailBeingSent"
)

const (
	// busyDelay gives a request that runs under the same key, or a rate limit, time to pass.
	busyDelay = 2 * time.Second
	// unauthorizedDelay is long: each attempt is another line in Stripe's security log until the key is right again.
	unauthorizedDelay = time.Minute
)

// stripeError maps a failure of Stripe's to what a workflow should do with it.
func stripeError(err error) error {
	var failure *stripeapi.Failure
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Kind {
	case stripeapi.InvalidRequest, stripeapi.NotFound, stripeapi.UnexpectedState:
		return temporal.NewNonRetryableApplicationError(failure.Error(), InvalidPaymentRequest, nil, failure.Code)
	case stripeapi.IdempotencyConflict:
		return temporal.NewNonRetryableApplicationError(failure.Error(), IdempotencyConflict, nil)
	case stripeapi.Busy:
		return temporal.NewApplicationErrorWithOptions(failure.Error(), StripeBusy, temporal.ApplicationErrorOptions{NextRetryDelay: busyDelay})
	case stripeapi.Unauthorized:
		return temporal.NewApplicationErrorWithOptions(failure.Error(), StripeRefusesKey, temporal.ApplicationErrorOptions{NextRetryDelay: unauthorizedDelay})
	case stripeapi.Fenced:
		return temporal.NewApplicationError(failure.Error(), Fenced)
	default:
		return temporal.NewApplicationError(failure.Error(), OutcomeUnknown)
	}
}

// waitForFence is an error while a fence is up, for what the books alone decide and may have lost the ground for.
func waitForFence(ctx context.Context, books *store.Store) error {
	up, err := books.Fence(ctx)
	if err != nil || up == nil {
		return err
	}
	return temporal.NewApplicationError((&store.FenceIsUp{Fence: *up}).Error(), Fenced)
}

// WaitForRebuild makes a failure that the books may have because they were restored to an earlier time one that is tried again.
func WaitForRebuild(failure *temporal.ApplicationError) error {
	return temporal.NewApplicationError("a fence is up, and the books may miss what was lost: "+failure.Message(), Fenced)
}

// creationError is stripeError for what is made under a key that derives from a request: bytes that Stripe has seen differently under
// it are those of a request that the books have forgotten, and it is looked for again what they led to.
func creationError(err error, requestKey string) error {
	if requestKey != "" && stripeapi.IsKind(err, stripeapi.IdempotencyConflict) {
		return temporal.NewApplicationError(err.Error(), OutcomeUnknown)
	}
	return stripeError(err)
}

// moveError is stripeError for a PaymentIntent that is to be moved: a state that allows the move now and did not a moment
// ago is asked for again, and so is one that Stripe does not find: the books know it.
func moveError(err error) error {
	if isAbsent(err) {
		return notAtStripe(err.Error())
	}
	if stripeapi.IsKind(err, stripeapi.UnexpectedState) {
		return temporal.NewApplicationErrorWithOptions(err.Error(), StripeBusy, temporal.ApplicationErrorOptions{NextRetryDelay: busyDelay})
	}
	return stripeError(err)
}

// storeError maps what the books refuse for good; anything else (server away, deadlock) is retried as it is.
func storeError(err error) error {
	var illegal *booking.IllegalTransition
	var mismatch *store.AmountMismatch
	var notCancellable *store.NotCancellable
	var quoteChanged *store.QuoteChanged
	switch {
	case err == nil:
		return nil
	case errors.As(err, &illegal):
		return temporal.NewNonRetryableApplicationError(illegal.Error(), IllegalTransition, nil)
	case errors.As(err, &mismatch):
		return temporal.NewNonRetryableApplicationError(mismatch.Error(), AmountMismatch, nil)
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

// final tells an error that will be the same however often it is asked for.
func final(err error) bool {
	var application *temporal.ApplicationError
	return errors.As(err, &application) && application.NonRetryable()
}

func nonRetryable(kind, message string) error {
	return temporal.NewNonRetryableApplicationError(message, kind, nil)
}
