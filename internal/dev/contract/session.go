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

// Facts are what a scenario saw.
type Facts struct {
	Lines  []string            // "payment status: succeeded", in the order of the scenario
	Fields map[string][]string // the fields of each kind of object, sorted
}

// Session is one run of a scenario. After a first error its methods do nothing.
type Session struct {
	ctx    context.Context //nolint:containedctx // a session is one call of Run
	target *Target
	run    string // makes keys and references of this run its own
	facts  *Facts
	err    error
}

func newRun() string { return strings.ToLower(rand.Text()[:10]) }

// answer of raw HTTP.
type answer struct {
	status   int
	replayed bool
	body     map[string]any
}

// at follows a dotted path into an answer: "error.code". What is not there is nil.
func (a answer) at(path string) any {
	var value any = a.body
	for _, step := range strings.Split(path, ".") {
		object, _ := value.(map[string]any)
		value = object[step]
	}
	return value
}

func (a answer) text(path string) string { text, _ := a.at(path).(string); return text }

// rows of a list.
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

// postKeyed posts under an idempotency key, which is this run's own.
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
	defer func() { _ = response.Body.Close() }() // it is read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.fail(err)
		return answer{}
	}
	out := answer{status: response.StatusCode, replayed: response.Header.Get("Idempotent-Replayed") == "true"}
	if err := json.Unmarshal(text, &out.body); err != nil {
		s.fail(fmt.Errorf("%s %s: HTTP %d, no JSON", method, path, out.status))
	}
	return out
}

// must fails the scenario when a step that the question is not about did not work.
func (s *Session) must(step string, a answer) answer {
	if s.err == nil && a.status != http.StatusOK {
		s.fail(fmt.Errorf("%s: HTTP %d, code %v, parameter %v", step, a.status, a.at("error.code"), a.at("error.param")))
	}
	return a
}

// mustDo is must for our own client.
func (s *Session) mustDo(step string, err error) {
	if err != nil {
		s.fail(fmt.Errorf("%s: %w", step, err))
	}
}

// see notes a fact.
func (s *Session) see(name string, values ...any) {
	if s.err != nil {
		return
	}
	texts := make([]string, 0, len(values))
	for _, value := range values {
		if number, ok := value.(float64); ok { // JSON's numbers: amounts are whole
			value = int64(number)
		}
		if value == nil {
			value = "none"
		}
		texts = append(texts, fmt.Sprint(value))
	}
	s.facts.Lines = append(s.facts.Lines, name+": "+strings.Join(texts, " "))
}

// seeError notes a refusal: its status, type, code, decline code and parameter.
func (s *Session) seeError(name string, a answer) {
	s.see(name, a.status, a.at("error.type"), a.at("error.code"), a.at("error.decline_code"), a.at("error.param"))
}

// seeFailure notes what our client makes of a refusal.
func (s *Session) seeFailure(name string, err error) {
	var failure *stripeapi.CallError
	if !errors.As(err, &failure) {
		s.see(name, err)
		return
	}
	s.see(name, failure.Kind, failure.HTTPStatus, failure.Code)
}

// seeFields keeps which fields an object has.
func (s *Session) seeFields(kind string, value any) {
	object, ok := value.(map[string]any)
	if s.err == nil && ok {
		s.facts.Fields[kind] = slices.Sorted(maps.Keys(object))
	}
}

// await polls until a condition holds, for as long as this target may take.
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

// pass lets time pass at the stand-in; at Stripe's test mode it passes on its own.
func (s *Session) pass(d time.Duration) {
	if s.target.stand != nil && s.err == nil {
		s.target.stand.Advance(d)
	}
}

// transactions of a source, oldest first, as "type category amount".
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
