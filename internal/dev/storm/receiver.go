package storm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// receiver is a client's server that takes Farebook's webhooks, and verifies each by the library of the specification.
type receiver struct {
	s      *System
	server *http.Server

	mu        sync.Mutex
	endpoint  string                      // its id at Farebook
	verifiers []*standardwebhooks.Webhook // of each secret so far
	// awaits says that Farebook may sign by a secret that the receiver does not know yet.
	awaits   bool
	received map[string]int // how often each message came, by its id
}

// receive starts the receiver and makes it an endpoint of the client that has the bookings.
func (s *System) receive(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	r := &receiver{s: s, received: map[string]int{}}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	s.receiver = r
	go func() { _ = r.server.Serve(listener) }() // ends with Close
	body, err := json.Marshal(map[string]any{"url": "http://" + listener.Addr().String() + "/farebook", "contactEmail": "hooks@example.com"})
	if err != nil {
		return err
	}
	answer, err := s.post(ctx, administrator, "/v1/webhook-endpoints", "endpoint", body)
	if err != nil {
		return err
	}
	known, err := r.learn(answer)
	if err != nil || !known {
		return errors.Join(err, fmt.Errorf("no webhook endpoint could be made: %d %s", answer.Status, problem(answer.Body)))
	}
	return nil
}

// expect says that the secret is being replaced.
func (r *receiver) expect() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.awaits = true
}

// learn takes over the secret in an answer of Farebook. A repeated answer has none.
func (r *receiver) learn(answer Answer) (known bool, err error) {
	var made struct{ ID, Secret string }
	err = json.Unmarshal(answer.Body, &made)
	if err != nil || made.Secret == "" {
		return false, err
	}
	verifier, err := standardwebhooks.NewWebhook(made.Secret)
	if err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endpoint, r.verifiers, r.awaits = made.ID, append(r.verifiers, verifier), false
	return true, nil
}

// verify verifies a webhook by any secret so far: one that was under way is signed by the secrets of its time.
func (r *receiver) verify(body []byte, header http.Header) (err error) {
	for _, verifier := range r.verifiers {
		if err = verifier.Verify(body, header); err == nil {
			return nil
		}
	}
	return err
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return // the connection ended
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	err = r.verify(body, request.Header)
	if len(r.verifiers) == 0 || err != nil && r.awaits {
		w.WriteHeader(http.StatusServiceUnavailable) // it comes again
		return
	}
	if err != nil {
		r.s.violated("a webhook of Farebook is refused by the library of Standard Webhooks: %v", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.received[request.Header.Get(standardwebhooks.HeaderWebhookID)]++
	w.WriteHeader(http.StatusNoContent)
}

// checkDeliveries requires that each event which the books have as delivered was received, and that none is left to deliver. It returns how
// many there are, and how many came more than once, which a death between the answer and its record allows.
func (s *System) checkDeliveries(ctx context.Context) (delivered, doubled int, err error) {
	rows, err := s.Root.QueryContext(ctx, "SELECT message_id, event_type, is_pending IS NOT NULL FROM webhook_deliveries")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	s.receiver.mu.Lock()
	defer s.receiver.mu.Unlock()
	for rows.Next() {
		var id, kind string
		var pending bool
		if err := rows.Scan(&id, &kind, &pending); err != nil {
			return 0, 0, err
		}
		times := s.receiver.received[id]
		switch {
		case pending:
			s.violated("webhook %s (%s) is not delivered", id, kind)
		case times == 0:
			s.violated("webhook %s (%s) is recorded as delivered and was not received", id, kind)
		}
		delivered++
		doubled += min(1, max(0, times-1))
	}
	return delivered, doubled, rows.Err()
}
