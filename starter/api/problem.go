package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/internal/correlation"
	"farebook/validation"
)

const (
	// problemType is the prefix of every problem's type (RFC 9457, 3.1.1), which programs compare.
	problemType        = "urn:farebook:problem:"
	problemContentType = "application/problem+json"
	// internalError is all that a caller reads about a fault of the server: the log has the rest under the same id.
	internalError = "Internal error. Quote the `instance` id when you contact support."
)

// problem is an RFC 9457 problem. detail tells the caller what was wrong and what to do.
func problem(ctx context.Context, status int, kind, detail string, fields ...*huma.ErrorDetail) *huma.ErrorModel {
	model := &huma.ErrorModel{
		Type:   problemType + kind,
		Title:  http.StatusText(status),
		Status: status,
		Detail: detail,
		Errors: fields,
	}
	if id := correlation.From(ctx); id != "" {
		model.Instance = "urn:farebook:request:" + id
	}
	return model
}

// retryLater is a problem that a repetition after some seconds may solve.
func retryLater(ctx context.Context, status int, kind, detail, seconds string, fields ...*huma.ErrorDetail) error {
	return huma.ErrorWithHeaders(problem(ctx, status, kind, detail, fields...), http.Header{"Retry-After": {seconds}})
}

// unavailable is a 503 with the usual Retry-After.
func unavailable(ctx context.Context, kind, detail string) error {
	return retryLater(ctx, http.StatusServiceUnavailable, kind, detail, retryAfter)
}

// headerField names a header as the location of an error.
func headerField(name, message string) *huma.ErrorDetail {
	return &huma.ErrorDetail{Location: "header." + name, Message: message}
}

// bodyField names a field of the body as the location of an error.
func bodyField(e *validation.FieldError) *huma.ErrorDetail {
	location := "body"
	if e.Field != "" {
		location += "." + e.Field
	}
	message := e.Problem
	if e.Fix != "" {
		message += ": " + e.Fix
	}
	return &huma.ErrorDetail{Location: location, Message: message}
}
