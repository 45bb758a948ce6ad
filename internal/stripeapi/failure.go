package stripeapi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
)

// Kind classifies a failed call by what the caller should do (stripe.com/docs/error-handling).
type Kind string

const (
	// InvalidRequest is a 400 or 402 that a retry cannot change.
	InvalidRequest Kind = "invalid_request"
	// IdempotencyConflict is a key reused with other parameters, which is a bug in Farebook and raises an alarm.
	IdempotencyConflict Kind = "idempotency_conflict"
	// UnexpectedState means that the object is in another state: read it again, then decide.
	UnexpectedState Kind = "unexpected_state"
	// NotFound is a 404.
	NotFound Kind = "not_found"
	// Unauthorized is a 401 or 403: a key is being rotated, or is wrong. Retried slowly.
	Unauthorized Kind = "unauthorized"
	// InsufficientBalance is a 400 to a refund that Stripe's balance does not cover. Stripe stores it under the idempotency
	// key.
	InsufficientBalance Kind = "insufficient_balance"
	// UnknownRefusal is a 4xx to a refund that is not known to be permanent.
	UnknownRefusal Kind = "unknown_refusal"
	// Busy is a 409 or 429: retry later with the same key.
	Busy Kind = "busy"
	// ServerError is a 5xx with a body from Stripe. The effect may have happened, and Stripe replays the stored answer while it
	// keeps the key: search for the object.
	ServerError Kind = "server_error"
	// Fenced is a request that the guard refused: nothing was sent to Stripe.
	Fenced Kind = "fenced"
	// OutcomeUnknown means that Stripe did not answer (timeout, reset, a proxy's page): retry with the same key.
	OutcomeUnknown Kind = "outcome_unknown"
)

// CallError is a failed call without secrets. The text of Stripe's error for a decline contains the client secret, so only codes
// and the request id are kept.
type CallError struct {
	Kind       Kind
	Operation  string // "create PaymentIntent"
	HTTPStatus int    // 0 if there was no answer
	Code       string // Stripe's code: "amount_too_small"
	Param      string // the parameter that it concerns
	RequestID  string // req_..., for Stripe's dashboard and support
	Replayed   bool   // Stripe's stored answer to an earlier request with the same idempotency key
	// Reason is Stripe's text, of requests about evidence only: people read it, and Error leaves it out, because it may quote the request.
	Reason string
}

func (f *CallError) Error() string {
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

// IsKind reports whether err is a CallError of one of the kinds.
func IsKind(err error, kinds ...Kind) bool {
	var failure *CallError
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

// IsReplayed reports whether err is Stripe's stored answer to an earlier request with the same idempotency key
// (stripe.com/docs/error-low-level#idempotency, header Idempotent-Replayed).
func IsReplayed(err error) bool {
	var failure *CallError
	return errors.As(err, &failure) && failure.Replayed
}

func isReplay(response *stripe.APIResponse) bool {
	return response != nil && response.Header.Get("Idempotent-Replayed") == "true"
}

// failureOf converts an error of stripe-go to a CallError. A proxy's HTML page is not a *stripe.Error, or one without a type: its
// outcome is unknown whatever the status.
func failureOf(operation string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrFenced) {
		return &CallError{Kind: Fenced, Operation: operation}
	}
	var stripeErr *stripe.Error
	if !errors.As(err, &stripeErr) || stripeErr.Type == "" {
		return &CallError{Kind: OutcomeUnknown, Operation: operation}
	}
	return &CallError{
		Kind:       kindOf(stripeErr),
		Operation:  operation,
		HTTPStatus: stripeErr.HTTPStatusCode,
		Code:       codeOf(stripeErr),
		Param:      stripeErr.Param,
		RequestID:  stripeErr.RequestID,
		Replayed:   isReplay(stripeErr.LastResponse),
	}
}

// codeOf returns Stripe's code. A refund that the balance does not cover is refused without one; only the text says why.
func codeOf(err *stripe.Error) string {
	if err.Code == "" && err.HTTPStatusCode == 400 && strings.Contains(strings.ToLower(err.Msg), "insufficient funds") {
		return booking.CodeBalanceInsufficient
	}
	return string(err.Code)
}

// refusalOf classifies a refused refund further: only a refusal that is known to be permanent remains InvalidRequest or
// UnexpectedState.
func refusalOf(err error) error {
	var failure *CallError
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
