package contract

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"farebook/internal/stripeapi"
	"farebook/internal/wait"
)

// Facts are what a scenario observed.
type Facts struct {
	Lines  []string            // "payment status: succeeded", in the order of the scenario
	Fields map[string][]string // the fields of each kind of object, sorted
}

// Session is one run of a scenario. After the first error its methods do nothing.
type Session struct {
	ctx    context.Context //nolint:containedctx // a session is one call of Run
	target *Target
	run    string // makes the keys and references of this run unique
	facts  *Facts
	err    error
}

func newRun() string { return strings.ToLower(rand.Text()[:10]) }

// answer is the response to a raw HTTP request.
type answer struct {
	status   int
	replayed bool
	body     map[string]any
}

// at returns the value at a dotted path, such as "error.code"; nil if it does not exist.
func (a answer) at(path string) any {
	var value any = a.body
	for _, step := range strings.Split(path, ".") {
		object, _ := value.(map[string]any)
		value = object[step]
	}
	return value
}

func (a answer) text(path string) string { text, _ := a.at(path).(string); return text }

// rows returns the objects of a list.
func (a answer) rows() []answer {
	rows, _ := a.body["data"].([]any)
	var out []answer
	for _, row := range rows {
		if object, ok := row.(map[string]any); ok {
			out = append(out, answer{body: object})
		}
	}
	return out
}

func (s *Session) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *Session) get(path string) answer { return s.ask(http.MethodGet, path, "", "") }

func (s *Session) post(path, form string) answer { return s.ask(http.MethodPost, path, form, "") }

// postKeyed posts with an idempotency key, which is unique to this run.
func (s *Session) postKeyed(path, form, key string) answer {
	return s.ask(http.MethodPost, path, form, s.run+"/"+key)
}

func (s *Session) ask(method, path, form, key string) answer {
	if s.err != nil {
		return answer{}
	}
	request, err := http.NewRequestWithContext(s.ctx, method, s.target.base+path, strings.NewReader(form))
	if err != nil {
		s.fail(err)
		return answer{}
	}
	request.Header.Set("Authorization", "Bearer "+s.target.key)
	request.Header.Set("Stripe-Version", "2023-10-16")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.fail(err)
		return answer{}
	}
	defer func() { _ = response.Body.Close() }() // read to its end below
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.fail(err)
		return answer{}
	}
	out := answer{status: response.StatusCode, replayed: response.Header.Get("Idempotent-Replayed") == "true"}
	if err := json.Unmarshal(text, &out.body); err != nil {
		s.fail(fmt.Errorf("%s %s: HTTP %d, the body is not JSON", method, path, out.status))
	}
	return out
}

// must fails the scenario if a preparatory step was refused.
func (s *Session) must(step string, a answer) answer {
	if s.err == nil && a.status != http.StatusOK {
		s.fail(fmt.Errorf("%s: HTTP %d, code %v, parameter %v", step, a.status, a.at("error.code"), a.at("error.param")))
	}
	return a
}

// mustDo is must for a call of our client.
func (s *Session) mustDo(step string, err error) {
	if err != nil {
		s.fail(fmt.Errorf("%s: %w", step, err))
	}
}

// see records a fact.
func (s *Session) see(name string, values ...any) {
	if s.err != nil {
		return
	}
	texts := make([]string, 0, len(values))
	for _, value := range values {
		if number, ok := value.(float64); ok { // a JSON number; amounts are integers
			value = int64(number)
		}
		if value == nil {
			value = "none"
		}
		texts = append(texts, fmt.Sprint(value))
	}
	s.facts.Lines = append(s.facts.Lines, name+": "+strings.Join(texts, " "))
}

// seeError records a refusal: its status, type, code, decline code and parameter.
func (s *Session) seeError(name string, a answer) {
	s.see(name, a.status, a.at("error.type"), a.at("error.code"), a.at("error.decline_code"), a.at("error.param"))
}

// seeFailure records the error that our client returns for a refusal.
func (s *Session) seeFailure(name string, err error) {
	var failure *stripeapi.CallError
	if !errors.As(err, &failure) {
		s.see(name, err)
		return
	}
	s.see(name, failure.Kind, failure.HTTPStatus, failure.Code)
}

// seeFields records the fields of an object.
func (s *Session) seeFields(kind string, value any) {
	object, ok := value.(map[string]any)
	if s.err == nil && ok {
		s.facts.Fields[kind] = slices.Sorted(maps.Keys(object))
	}
}

// await polls until a condition holds, for at most the target's patience.
func (s *Session) await(what string, holds func() bool) {
	deadline := time.Now().Add(s.target.patience)
	for s.err == nil && !holds() {
		if time.Now().After(deadline) {
			s.fail(fmt.Errorf("%s: not within %s", what, s.target.patience))
			return
		}
		if err := wait.For(s.ctx, s.target.pace); err != nil {
			s.fail(err)
		}
	}
}

// pass advances the stand-in's clock. Stripe's test mode needs no waiting for days.
func (s *Session) pass(d time.Duration) {
	if s.target.stand != nil && s.err == nil {
		s.target.stand.Advance(d)
	}
}

// transactions returns the balance transactions of a source as "type/category amount", sorted.
func (s *Session) transactions(source string) []string {
	rows := s.must("list balance transactions", s.get("/v1/balance_transactions?limit=100&source="+source)).rows()
	var out []string
	for _, row := range rows {
		amount, _ := row.at("amount").(float64)
		out = append(out, fmt.Sprintf("%s/%s %d", row.text("type"), row.text("reporting_category"), int64(amount)))
	}
	slices.Sort(out)
	return out
}
