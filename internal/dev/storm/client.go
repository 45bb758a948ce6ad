package storm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"farebook/internal/wait"
)

// errGaveUp says that a client got no answer until the end of its patience.
var errGaveUp = errors.New("no answer")

// post sends a request under an idempotency key until it is answered, as any client should, and writes the answer to the journal.
func (s *System) post(ctx context.Context, actor, path, key string, body []byte) (Answer, error) {
	answer, err := s.answered(ctx, actor, http.MethodPost, path, key, body)
	if err != nil {
		s.Journal.gaveUp()
		return Answer{}, err
	}
	answer.Actor, answer.At = actor, time.Now().UTC()
	return answer, s.Journal.add(answer)
}

// get reads from the API until it answers.
func (s *System) get(ctx context.Context, actor, path string) (Answer, error) {
	return s.answered(ctx, actor, http.MethodGet, path, "", nil)
}

// answered sends a request until it is answered, or until ctx ends: errGaveUp.
func (s *System) answered(ctx context.Context, actor, method, path, key string, body []byte) (Answer, error) {
	pause := 100 * time.Millisecond
	for attempt := 1; ; attempt++ {
		answer, again, err := s.once(ctx, actor, method, path, key, body)
		if err == nil && !again {
			answer.Attempts = attempt
			return answer, nil
		}
		if wait.For(ctx, pause) != nil {
			return Answer{}, errGaveUp
		}
		pause = min(2*pause, 2*time.Second)
	}
}

// answeredAtRest is answered of a system at rest, which has patienceAfter. No answer is no error but a violation, unless ctx has ended.
func (s *System) answeredAtRest(
	ctx context.Context, actor, method, path, key string, body []byte,
) (answer Answer, found bool, err error) {
	patience, enough := context.WithTimeout(ctx, patienceAfter)
	defer enough()
	answer, err = s.answered(patience, actor, method, path, key, body)
	if err != nil && ctx.Err() == nil {
		s.violated("promise 10: %s %s is not answered within %s of a system at rest", method, path, patienceAfter)
		return Answer{}, false, nil
	}
	return answer, err == nil, err
}

// once sends a request, and reports whether its answer asks to send it again.
func (s *System) once(ctx context.Context, actor, method, path, key string, body []byte) (answer Answer, again bool, err error) {
	if strings.HasPrefix(actor, typeScript) {
		answer, again, err = s.typeScript.once(ctx, s.tokenOf(actor), path, key, body)
	} else {
		answer, again, err = s.overHTTP(ctx, actor, method, path, key, body)
	}
	if err != nil {
		return Answer{}, true, err
	}
	s.noteLinks(string(answer.Body))
	if answer.Status == http.StatusInternalServerError {
		s.violated("an answer 500 to %s %s: %s", method, pattern(path), problem(answer.Body))
	}
	answer.Method, answer.Path, answer.Key, answer.Request = method, path, key, body
	return answer, again, nil
}

func (s *System) overHTTP(ctx context.Context, actor, method, path, key string, body []byte) (Answer, bool, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.Stack.APIURL+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, false, err
	}
	request.Header.Set("Authorization", "Bearer "+s.tokenOf(actor))
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := s.http.Do(request)
	if err != nil {
		return Answer{}, true, err
	}
	defer func() { _ = response.Body.Close() }() // read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, true, err
	}
	again := response.StatusCode >= http.StatusInternalServerError || response.Header.Get("Retry-After") != ""
	return Answer{Status: response.StatusCode, Body: text}, again, nil
}

// tokenOf is the API key of an actor.
func (s *System) tokenOf(actor string) string {
	if actor == finance {
		return s.financeToken
	}
	return *s.token.Load()
}

// ask sends what may be refused by the state of a booking or of another object. It returns no status when there was no answer.
func (s *System) ask(ctx context.Context, actor, path, key string, body []byte) Answer {
	answer, err := s.post(ctx, actor, path, key, body)
	if err != nil {
		return Answer{} // counted in the journal
	}
	switch answer.Status {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusConflict, http.StatusUnprocessableEntity:
	default:
		s.violated("POST %s was answered %d: %s", pattern(path), answer.Status, problem(answer.Body))
	}
	return answer
}

// pattern is a path without its ids, so that one cause is one violation.
func pattern(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.ContainsAny(part, "_-0123456789") && part != "v1" && part != "api-keys" {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

// problem is the code of an answer that refuses.
func problem(text []byte) string {
	var answer struct{ Code, Detail string }
	_ = json.Unmarshal(text, &answer) // of another form: empty
	return strings.TrimSpace(answer.Code + " " + answer.Detail)
}

// toStripe sends a request to Stripe beside Farebook, as a traveller's browser or the dashboard does, and returns the status; 0 without
// an answer.
func (s *System) toStripe(ctx context.Context, path string, form url.Values) int {
	status, _, _ := s.askStripe(ctx, http.MethodPost, path, form) // what has no answer has no status
	return status
}

func (s *System) askStripe(ctx context.Context, method, path string, form url.Values) (status int, text []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, s.Stack.Stripe.URL()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	request.Header.Set("Authorization", "Bearer "+s.Stack.Stripe.Key())
	response, err := s.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }() // read to its end
	text, err = io.ReadAll(response.Body)
	return response.StatusCode, text, err
}

// administrator is the actor who makes keys and endpoints: answers with a secret are given once.
const administrator = "administrator"

// rotateAPIKey replaces the key of all clients; the old one stays valid for an hour.
func (s *System) rotateAPIKey(ctx context.Context, number int) error {
	answer, err := s.get(ctx, administrator, "/v1/api-keys?client=development")
	if err != nil {
		return err
	}
	var list struct{ APIKeys []struct{ ID string } }
	err = json.Unmarshal(answer.Body, &list)
	if err != nil || len(list.APIKeys) == 0 {
		return errors.Join(err, fmt.Errorf("no list of API keys: %d", answer.Status))
	}
	key := fmt.Sprintf("rotate-%d", number)
	for _, old := range list.APIKeys {
		answer, err := s.post(ctx, administrator, "/v1/api-keys/"+old.ID+"/rotate", key+old.ID, []byte(`{"overlapHours":1}`))
		if err != nil {
			return err
		}
		var fresh struct{ Token string }
		if answer.Status == http.StatusCreated && json.Unmarshal(answer.Body, &fresh) == nil && fresh.Token != "" {
			s.token.Store(&fresh.Token)
			return nil
		}
	}
	return errors.New("no API key could be rotated")
}
