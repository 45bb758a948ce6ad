package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
)

// invalidParameters is the detail of a problem about path or query parameters.
const invalidParameters = "Some parameters are wrong: see errors. Nothing was done."

// invalid is a problem about path or query parameters.
func invalid(ctx context.Context, details ...*huma.ErrorDetail) error {
	return problem(ctx, http.StatusUnprocessableEntity, "invalid-request", invalidParameters, details...)
}

// maxQuery bounds the parameters of one request, and so the number of errors about them.
const maxQuery = 20

// checkQuery refuses an ambiguous query: malformed escapes, semicolons, a repeated parameter. huma refuses unknown parameters.
func checkQuery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if problem := queryProblem(r.URL.RawQuery); problem != "" {
			writeProblem(r.Context(), w, http.StatusUnprocessableEntity, "malformed-query", "The query "+problem+". Nothing was done.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// queryProblem completes "The query ...". It is empty for a valid query.
func queryProblem(raw string) string {
	values, err := url.ParseQuery(raw)
	switch {
	case err != nil:
		return "is malformed: send percent-encoded name=value pairs, separated by &"
	case len(values) > maxQuery:
		return fmt.Sprintf("has more than %d parameters", maxQuery)
	}
	for _, sent := range values {
		if len(sent) > 1 {
			return "has a parameter more than once: send each once"
		}
	}
	return ""
}

// completeProblem adds type and instance to the problems that huma creates.
func completeProblem(hctx huma.Context, _ string, body any) (any, error) {
	model, ok := body.(*huma.ErrorModel)
	if !ok || model.Type != "" {
		return body, nil
	}
	return fromHuma(hctx.Context(), model), nil
}

// unknownParameter is huma's message, which does not say what to do.
const unknownParameter = "unknown query parameter"

func fromHuma(ctx context.Context, model *huma.ErrorModel) *huma.ErrorModel {
	for _, wrong := range model.Errors {
		if wrong.Message == unknownParameter {
			wrong.Message += ": send only those that /openapi.json lists for this path"
		}
	}
	return problem(ctx, model.Status, "invalid-request", invalidParameters, model.Errors...)
}
