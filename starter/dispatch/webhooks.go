package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"

	"farebook/internal/failpoint"
	"farebook/internal/logging"
	"farebook/store"
	"farebook/workflows"
)

// WebhooksQueue returns the task queue of deliveries to webhook endpoints for a task queue of bookings. They are separate, so that slow
// receivers take no slot of a booking.
func WebhooksQueue(bookings string) string {
	if bookings == workflows.TaskQueueBookings {
		return workflows.TaskQueueWebhooks
	}
	return bookings + "-" + workflows.TaskQueueWebhooks
}

func (c *Client) webhooks(endpointID string) subject {
	return subject{
		id: workflows.DeliverWebhooksWorkflowID(endpointID), kind: workflows.TypeDeliverWebhooks, queue: WebhooksQueue(c.taskQueue),
		summary: "Deliver events to " + endpointID, input: workflows.DeliverWebhooksInput{EndpointID: endpointID},
	}
}

// DeliverWebhooks has the workflow of an endpoint look for events, and starts it if it does not run. now ends the wait after a failure.
func (c *Client) DeliverWebhooks(ctx context.Context, endpointID string, now bool) error {
	s := c.webhooks(endpointID)
	_, err := c.temporal.SignalWithStartWorkflow(ctx, s.id, workflows.SignalWebhooks, workflows.WebhooksSignal{Now: now}, c.options(s), s.kind,
		s.input)
	return err
}

// ResumeWebhooks resumes the deliveries of an endpoint whose oldest event is due. A run that exists may wait for a retry that was overtaken
// by a replay, or that an operator has made due: its wait is ended.
func (c *Client) ResumeWebhooks(ctx context.Context, endpointID string) (bool, error) {
	s := c.webhooks(endpointID)
	started, err := c.resume(ctx, s)
	if err != nil || started {
		return started, err
	}
	err = c.temporal.SignalWorkflow(ctx, s.id, "", workflows.SignalWebhooks, workflows.WebhooksSignal{Now: true})
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return false, nil // it has failed, or has just ended
	}
	return false, err
}

const (
	// announceTimeout bounds the signals of one client's endpoints.
	announceTimeout = 10 * time.Second
	// maxAnnounced bounds the clients that wait for a signal; the sweeper finds the endpoints of those beyond.
	maxAnnounced = 10_000
)

// WebhookAnnouncer signals the workflows of endpoints after the commit that has written events for them. It signals a client's endpoints
// once for all commits since the last signal, beside whoever commits. What it misses is found by the sweeper.
type WebhookAnnouncer struct {
	Store    *store.Store
	Dispatch *Client
	Log      *slog.Logger

	mu      sync.Mutex
	clients map[uint64]bool
	wake    chan struct{}
}

// NewWebhookAnnouncer makes an announcer, to which the store announces its commits from now on. Run signals.
func NewWebhookAnnouncer(books *store.Store, dispatcher *Client, log *slog.Logger) *WebhookAnnouncer {
	a := &WebhookAnnouncer{Store: books, Dispatch: dispatcher, Log: log, clients: map[uint64]bool{}, wake: make(chan struct{}, 1)}
	books.Announce(a.announce)
	return a
}

func (a *WebhookAnnouncer) announce(clientID uint64) {
	a.mu.Lock()
	if len(a.clients) < maxAnnounced {
		a.clients[clientID] = true
	}
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default: // it is awake
	}
}

func (a *WebhookAnnouncer) take() map[uint64]bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	taken := a.clients
	a.clients = map[uint64]bool{}
	return taken
}

// Run signals until ctx ends.
func (a *WebhookAnnouncer) Run(ctx context.Context) {
	ctx = logging.As(ctx, "webhooks")
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		}
		for clientID := range a.take() {
			err := a.signal(ctx, clientID)
			if err != nil && ctx.Err() == nil {
				a.Log.WarnContext(ctx, "webhook endpoints were not signalled; the sweeper starts their deliveries", "error", err)
			}
		}
	}
}

func (a *WebhookAnnouncer) signal(ctx context.Context, clientID uint64) error {
	ctx, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	owed, err := a.Store.OwedEndpointsOf(ctx, clientID)
	if err != nil {
		return err
	}
	for _, endpoint := range owed {
		failpoint.Hit("before-signal-webhooks")
		if err := a.Dispatch.DeliverWebhooks(ctx, endpoint.ID, false); err != nil {
			return err
		}
		failpoint.Hit("after-signal-webhooks")
	}
	return nil
}
