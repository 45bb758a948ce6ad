package testkit

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// APIClient calls Farebook's HTTP API.
type APIClient struct {
	t     testing.TB
	base  string
	Token string
	// Header is sent with each request; a body is JSON unless its Content-Type says otherwise.
	Header http.Header
}

// Answer is a response of the API.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Into decodes the body.
func (a Answer) Into(t testing.TB, out any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.Body, out), "body: %s", a.Body)
}

// URL is the address of the API, without a trailing slash.
func (c *APIClient) URL() string { return c.base }

// connections are those of all stacks. Whoever closes a server of httptest closes the idle connections of the default client, also those
// that another test is about to use.
var connections = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// Do sends one request. It returns an error of the connection, because a test may be killing the API.
func (c *APIClient) Do(method, path, idempotencyKey string, body []byte) (Answer, error) {
	request, err := http.NewRequest(method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(request.Header, c.Header)
	request.Header.Set("Authorization", "Bearer "+c.Token)
	if idempotencyKey != "" {
		request.Header.Set("Idempotency-Key", idempotencyKey)
	}
	response, err := connections.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return Answer{Status: response.StatusCode, Header: response.Header, Body: text}, err
}

// Ask sends a request as a client does by the documentation: again, under the same key, while the answer is that a part has not answered
// within the API's time.
func (c *APIClient) Ask(method, path, idempotencyKey string, body []byte) (Answer, error) {
	return UntilInTime(func() (Answer, error) { return c.Do(method, path, idempotencyKey, body) })
}

// Ready reports whether /readyz answers 200.
func (c *APIClient) Ready() bool { return c.ready("/readyz") }

// ReadyForWebhooks reports whether the API receives webhooks. It does so without a worker, when it cannot take bookings.
func (c *APIClient) ReadyForWebhooks() bool { return c.ready("/readyz/webhooks") }

func (c *APIClient) ready(path string) bool {
	answer, err := c.Do(http.MethodGet, path, "", nil)
	return err == nil && answer.Status == http.StatusOK
}

// Get decodes the answer of a path into out, and requires the status 200.
func (c *APIClient) Get(path string, out any) {
	c.t.Helper()
	answer, err := c.Ask(http.MethodGet, path, "", nil)
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, answer.Status, "GET %s: %s", path, answer.Body)
	answer.Into(c.t, out)
}

// Post asks and requires that the connection holds, whatever the status.
func (s *Stack) Post(path, idempotencyKey string, body []byte) Answer {
	s.T.Helper()
	answer, err := s.API.Ask(http.MethodPost, path, idempotencyKey, body)
	require.NoError(s.T, err)
	return answer
}
