package ticketing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"go.temporal.io/sdk/temporal"
)

// Refused is the type of an error that a repetition of the request cannot change.
const Refused = "Refused"

// maxAnswer is far above any answer that is read here.
const maxAnswer = 1 << 20

// call sends one request and decodes the answer. A refusal is an application error of type Refused, which Temporal does not retry. Anything
// else that is not a success is retried under the same key: after Retry-After where the answer has it.
func call(ctx context.Context, method, url string, header http.Header, body, out any) error {
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, payload)
	if err != nil {
		return err
	}
	request.Header = header
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%s %s: no answer", method, request.URL.Path) // the outcome is unknown; the cause may name the whole address
	}
	defer func() { _ = response.Body.Close() }() // read to its end, or given up
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s %s: the answer broke off", method, request.URL.Path)
	}
	if response.StatusCode < http.StatusMultipleChoices {
		return json.Unmarshal(answer, out)
	}
	return failure(method+" "+request.URL.Path, response, answer)
}

func failure(what string, response *http.Response, answer []byte) error {
	var problem struct{ Detail, Error string }
	_ = json.Unmarshal(answer, &problem) // a proxy's page has neither
	text := fmt.Sprintf("%s: %d %s%s", what, response.StatusCode, problem.Detail, problem.Error)
	wait := response.Header.Get("Retry-After")
	seconds, err := strconv.Atoi(wait)
	switch status := response.StatusCode; {
	case status == http.StatusConflict && wait == "",
		status < http.StatusInternalServerError && status != http.StatusConflict && status != http.StatusTooManyRequests &&
			status != http.StatusRequestTimeout:
		return temporal.NewNonRetryableApplicationError(text, Refused, nil)
	case err == nil:
		return temporal.NewApplicationErrorWithOptions(text, "Later", temporal.ApplicationErrorOptions{
			NextRetryDelay: time.Duration(seconds) * time.Second,
		})
	}
	return fmt.Errorf("%s", text)
}
