package test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testkit"
	"farebook/starter/view"
)

// receiver is a shop's server that verifies what it gets by the library of the specification.
type receiver struct {
	*testkit.Stack

	server *httptest.Server
	// hooks is a caller with the scopes of webhook endpoints, of the client that has the bookings.
	hooks testkit.APIClient

	mu       sync.Mutex
	secrets  map[string]string // by path
	received []receivedEvent
	refused  []error
	// status answers the nth request of a path, from 0; nil takes everything.
	status func(path string, n int) int
	asked  map[string]int
}

type receivedEvent struct {
	path, id string
	Type     string
	Version  int
	Data     struct {
		Booking struct{ Reference, Status string }
	}
}

func newReceiver(s *testkit.Stack) *receiver {
	r := &receiver{Stack: s, secrets: map[string]string{}, asked: map[string]int{}}
	r.server = httptest.NewServer(r)
	r.hooks = *s.API
	r.hooks.Token = s.DB.NewKey(s.T, "test", access.WebhooksWrite, access.OperationsRead)
	s.T.Cleanup(r.server.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	path := request.URL.Path
	n := r.asked[path]
	r.asked[path]++
	if r.status != nil {
		if status := r.status(path, n); status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
	}
	verifier, err := standardwebhooks.NewWebhook(r.secrets[path])
	if err == nil {
		err = verifier.VerifyIgnoringTimestamp(body, request.Header) // tests move the clock
	}
	event := receivedEvent{path: path, id: request.Header.Get("webhook-id")}
	if err == nil {
		err = json.Unmarshal(body, &event)
	}
	if err != nil {
		r.refused = append(r.refused, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.received = append(r.received, event)
	w.WriteHeader(http.StatusNoContent)
}

// issued is an endpoint with its secret.
type issued struct {
	view.WebhookEndpoint
	Secret string
}

// register makes an endpoint at a path of the receiver, for the given types or all of a client's.
func (r *receiver) register(name string, types ...string) issued {
	r.T.Helper()
	body := map[string]any{"url": r.server.URL + "/" + name, "contactEmail": "hooks@canary-mail.example"}
	if len(types) > 0 {
		body["eventTypes"] = types
	}
	text, err := json.Marshal(body)
	require.NoError(r.T, err)
	answer := r.post("", "endpoint-"+name, text)
	require.Equal(r.T, http.StatusCreated, answer.Status, "%s", answer.Body)
	var made issued
	answer.Into(r.T, &made)
	require.NotEmpty(r.T, made.Secret)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets["/"+name] = made.Secret
	return made
}

// post sends a request about webhook endpoints.
func (r *receiver) post(path, key string, body []byte) testkit.Answer {
	r.T.Helper()
	answer, err := r.hooks.Ask(http.MethodPost, "/v1/webhook-endpoints"+path, key, body)
	require.NoError(r.T, err)
	return answer
}

// act is post with an answer of 200.
func (r *receiver) act(path, key string, body []byte) testkit.Answer {
	r.T.Helper()
	answer := r.post(path, key, body)
	require.Equal(r.T, http.StatusOK, answer.Status, "%s", answer.Body)
	return answer
}

// types are the types that a path has taken, in their order.
func (r *receiver) types(name string) (types []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, event := range r.received {
		if event.path == "/"+name {
			types = append(types, event.Type)
		}
	}
	return types
}

func (r *receiver) events(name string) []receivedEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.received), func(e receivedEvent) bool { return e.path != "/"+name })
}

// await waits for a number of events at all paths.
func (r *receiver) await(events int) {
	r.T.Helper()
	r.Eventually(func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.received) >= events
	}, "%d events did not arrive: %s\n%s", events, later(r.state), r.Logs)
}

func (r *receiver) awaitTypes(name string, types ...string) {
	r.T.Helper()
	r.Eventually(func() bool { return slices.Equal(r.types(name), types) }, "%v did not arrive at %s: %s\n%s", types, name, later(r.state),
		r.Logs)
}

func (r *receiver) state() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("received %+v, refused %v, asked %v", r.received, r.refused, r.asked)
}

// later is text that is read when it is printed.
type later func() string

func (l later) String() string { return l() }

// onlyTake answers a status at all paths but one.
func onlyTake(path string, status int) func(string, int) int {
	return func(at string, _ int) int {
		if at == path {
			return http.StatusOK
		}
		return status
	}
}
