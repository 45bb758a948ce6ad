package fakestripe

import "net/http"

// apiError is an error in Stripe's format (stripe.com/docs/api/errors).
type apiError struct {
	status      int
	kind        string // type: "card_error", "invalid_request_error", "idempotency_error", "api_error"
	code        string
	declineCode string
	param       string
	message     string
	intent      *intent
	charge      string
	method      string // id of the declined payment method
	// notStored means that the answer is not stored under the idempotency key.
	notStored bool
}

func (e *apiError) wire(s *Server) map[string]any {
	body := map[string]any{"type": e.kind, "message": e.message}
	for name, value := range map[string]string{"code": e.code, "decline_code": e.declineCode, "param": e.param, "charge": e.charge} {
		if value != "" {
			body[name] = value
		}
	}
	if e.code != "" {
		body["doc_url"] = "https://stripe.com/docs/error-codes/" + e.code
	}
	if e.method != "" {
		body["payment_method"] = s.methodObject(e.method)
	}
	if e.intent != nil {
		// The client secret is included, as in Stripe's errors: a client that logs the whole error leaks it.
		body["payment_intent"] = e.intent.wire(s, nil)
	}
	return map[string]any{"error": body}
}

// invalid returns a 400 for a request that fails validation. Execution has not begun, so nothing is stored under its idempotency
// key.
func invalid(code, param, message string) *apiError {
	return &apiError{status: http.StatusBadRequest, kind: "invalid_request_error", code: code, param: param, message: message, notStored: true}
}

func notFoundError(kind, id string) *apiError {
	return &apiError{
		status: http.StatusNotFound, kind: "invalid_request_error", code: "resource_missing", param: "id",
		message: "No such " + kind + ": '" + id + "'", notStored: true,
	}
}

func unexpectedState(i *intent, message string) *apiError {
	return &apiError{
		status: http.StatusBadRequest, kind: "invalid_request_error", code: "payment_intent_unexpected_state",
		message: message, intent: i,
	}
}
