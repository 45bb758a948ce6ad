package stripeapi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
)

// Kind says what a failed call means to its caller (stripe.com/docs/error-handling).
type Kind string

const (
	// InvalidRequest is a 400 or 402 that no repetition mends.
	InvalidRequest Kind = "invalid_request"
	// IdempotencyConflict is a key used again with other parameters: a bug of ours, and an alarm.
	IdempotencyConflict Kind = "idempotency_conflict"
	// UnexpectedState says that the object is elsewhere in its life: read it again, then decide.
	UnexpectedState Kind = "unexpected_state"
	// NotFound is a 404.
	NotFound Kind = "not_found"
	// Unauthorized is a 401 or 403: a key is being rotated, or is wrong. Repeated slowly.
	Unauthorized Kind = "unauthorized"
	// InsufficientBalance is a 400 to a refund that Stripe's balance does not cover. Executed, and so kept under its key.
	InsufficientBalance Kind = "insufficient_balance"
	// UnknownRefusal is a 4xx to a refund that is not known to be final.
	UnknownRefusal Kind = "unknown_refusal"
	// Busy is a 409 or 429: repeated later with the same key.
	Busy Kind = "busy"
	// ServerError is a 5xx with Stripe's own body. The effect may have happened, and Stripe replays the stored answer
	// for as long as it keeps the key: look the object up.
	ServerError Kind = "server_error"
	// Fenced is a request that the guard held back: nothing was asked of Stripe.
	Fenced Kind = "fenced"
	// OutcomeUnknown is no answer of Stripe's at all (time-out, reset, a proxy's page): repeat with the same key.
	OutcomeUnknown Kind = "outcome_unknown"
)

// Failure is a failed call without anything secret: Stripe's own error text of a decline holds the client secret, so
// only codes and the request id are kept.
type Failure struct {
	Kind       Kind
	Operation  string // "create PaymentIntent"
	HTTPStatus int    // 0 when there was no answer
	Code       string // Stripe's code: "amount_too_small"
	Param      string // the parameter it is about
	RequestID  string // req_..., for Stripe's dashboard and support
	Replayed   bool   // Stripe's answer to an earlier request under the same idempotency key
}

func (f *Failure) Error() string {
	text := fmt.Sprintf("Stripe: %s failed: %s", f.Operation, f.Kind)
	switch {
	case f.HTTPStatus != 0:
		text += fmt.Sprintf(", HTTP %d", f.HTTPStatus)
	case f.Kind == OutcomeUnknown && f.Code == "":
		text += ", no answer of Stripe's came back"
	}
	if f.Code != "" {
		text += ", code " + f.Code
	}
	if f.Param != "" {
		text += ", parameter " + f.Param
	}
	if f.RequestID != "" {
		text += ", request " + f.RequestID
	}
	return text
}

// IsKind tells whether err is a Failure of one of the kinds.
func IsKind(err error, kinds ...Kind) bool {
	var failure *Failure
	if !errors.As(err, &failure) {
		return false
	}
	for _, kind := range kinds {
		if failure.Kind == kind {
			return true
		}
	}
	return false
}

// IsReplayed tells whether err is what Stripe answered to an earlier request under the same idempotency key
// (stripe.com/docs/error-low-level#idempotency, header Idempotent-Replayed).
func IsReplayed(err error) bool {
	var failure *Failure
	return errors.As(err, &failure) && failure.Replayed
}

func isReplay(response *stripe.APIResponse) bool {
	return response != nil && response.Header.Get("Idempotent-Replayed") == "true"
}

// failureOf maps an error of stripe-go to a Failure. An HTML page of a proxy is no *stripe.Error, or one without a
// type: its outcome is unknown whatever its status.
func failureOf(operation string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrFenced) {
		return &Failure{Kind: Fenced, Operation: operation}
	}
	var stripeErr *stripe.Error
	if !errors.As(err, &stripeErr) || stripeErr.Type == "" {
		return &Failure{Kind: OutcomeUnknown, Operation: operation}
	}
	return &Failure{
		Kind:       kindOf(stripeErr),
		Operation:  operation,
		HTTPStatus: stripeErr.HTTPStatusCode,
		Code:       codeOf(stripeErr),
		Param:      stripeErr.Param,
		RequestID:  stripeErr.RequestID,
		Replayed:   isReplay(stripeErr.LastResponse),
	}
}

// codeOf is Stripe's code. A refund that the balance does not cover is refused without one: only the text says why.
func codeOf(err *stripe.Error) string {
	if err.Code == "" && err.HTTPStatusCode == 400 && strings.Contains(strings.ToLower(err.Msg), "insufficient funds") {
		return booking.CodeBalanceInsufficient
	}
	return string(err.Code)
}

// refusalOf classifies a refused refund further: only what is known to be final stays InvalidRequest or UnexpectedState.
func refusalOf(err error) error {
	var failure *Failure
	if !errors.As(err, &failure) || !IsKind(err, InvalidRequest, UnexpectedState) {
		return err
	}
	switch booking.RefundRefusalOf(failure.Code, failure.Param) {
	case booking.RefusedForBalance:
		failure.Kind = InsufficientBalance
	case booking.RefusedUnknown:
		failure.Kind = UnknownRefusal
	case booking.RefusedForGood:
	}
	return err
}

func kindOf(err *stripe.Error) Kind {
	if err.Type == stripe.ErrorTypeIdempotency && err.HTTPStatusCode == 400 {
		return IdempotencyConflict
	}
	switch err.Code {
	case stripe.ErrorCodePaymentIntentUnexpectedState, stripe.ErrorCodeChargeAlreadyRefunded, stripe.ErrorCodeChargeDisputed,
		stripe.ErrorCodeChargeAlreadyCaptured, stripe.ErrorCodeChargeExpiredForCapture:
		return UnexpectedState
	}
	switch status := err.HTTPStatusCode; {
	case status == 401 || status == 403:
		return Unauthorized
	case status == 404:
		return NotFound
	case status == 409 || status == 429:
		return Busy
	case status >= 500:
		return ServerError
	case status >= 400:
		return InvalidRequest
	default:
		return OutcomeUnknown
	}
}
