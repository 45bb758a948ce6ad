package storm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/wait"
	"farebook/store"
)

func webhookKinds() []kind {
	return []kind{
		{name: "webhooks held, then shuffled and multiplied", weight: 4, longest: 10 * time.Second, most: 3, play: holdWebhooks},
		{name: "webhooks lost", weight: 3, longest: 4 * time.Second, play: loseWebhooks},
		{name: "webhook of the past again", weight: 4, most: 5, play: oldWebhook},
		{name: "webhook forged", weight: 3, play: forgeWebhook},
		{name: "webhook of another account", weight: 2, play: foreignWebhook},
		{name: "webhook secret rotated", weight: 1, play: rotateWebhookSecret},
	}
}

func holdWebhooks(ctx context.Context, s *System, f Fault) error {
	s.Stack.Stripe.HoldWebhooks()
	defer s.Stack.Stripe.ReleaseWebhooksDisordered(f.Times)
	return wait.For(ctx, f.For)
}

// loseWebhooks drops the events of a time without any retry: only a reconciliation finds what they were about.
func loseWebhooks(ctx context.Context, s *System, f Fault) error {
	s.Stack.Stripe.SetWebhook("", *s.webhookSecret.Load())
	defer s.webhooksAgain()
	return wait.For(ctx, f.For)
}

func (s *System) webhooksAgain() {
	s.Stack.Stripe.SetWebhook(s.Stack.APIURL+"/webhooks/stripe", *s.webhookSecret.Load())
}

// oldWebhook has an event that was stored come again, several times.
func oldWebhook(ctx context.Context, s *System, f Fault) error {
	events, err := s.Books.Events(ctx, store.EventFilter{Limit: 500})
	if err != nil || len(events) == 0 {
		return errors.Join(err, errors.New("no event to repeat"))
	}
	id := events[f.Draw%uint64(len(events))].ID
	for range f.Times {
		_, _ = s.Stack.Stripe.Deliver(id) // the API may be away
	}
	return nil
}

// forgeWebhook pays a booking with an event that Stripe did not sign.
func forgeWebhook(ctx context.Context, s *System, f Fault) error {
	intent, found := s.anyIntent(f.Draw)
	if !found {
		return errors.New("no PaymentIntent to forge an event of")
	}
	payload := fmt.Appendf(nil, `{"id":"evt_forged%s","object":"event","type":"payment_intent.succeeded","api_version":"2023-10-16",
		"created":%d,"livemode":false,"data":{"object":{"id":%q,"object":"payment_intent","status":"succeeded"}}}`,
		hexOf(f.Draw), s.clocks.now.Now().Unix(), intent)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Stack.APIURL+"/webhooks/stripe", bytes.NewReader(payload))
	if err != nil {
		return err
	}
	request.Header.Set("Stripe-Signature", fakestripe.Sign(payload, s.clocks.now.Now(), "whsec_of_somebody_else"))
	response, err := s.http.Do(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close() // only the status counts
	if response.StatusCode < http.StatusBadRequest {
		s.violated("a forged webhook about %s was answered %d", intent, response.StatusCode)
	}
	return nil
}

// foreignWebhook is an event of a connected account, signed by Stripe, about an id that the books know.
func foreignWebhook(_ context.Context, s *System, f Fault) error {
	intent, found := s.anyIntent(f.Draw)
	if !found {
		return errors.New("no PaymentIntent to send an event of")
	}
	object, err := json.Marshal(map[string]any{"id": intent, "object": "payment_intent", "status": "succeeded", "amount_received": 1})
	if err != nil {
		return err
	}
	_, err = s.Stack.Stripe.DeliverMade(fakestripe.MadeEvent{Type: "payment_intent.succeeded", Object: object, Account: "acct_other"})
	return err
}

// rotateWebhookSecret rolls the secret by which Stripe signs as docs/operations.md has it: every process takes both, then Stripe signs by
// the new one, and later starts of processes take only that.
func rotateWebhookSecret(_ context.Context, s *System, f Fault) error {
	s.rotating.Lock()
	defer s.rotating.Unlock()
	next := "whsec_storm" + hexOf(f.Draw)
	for _, p := range s.processes {
		p.Configure("STRIPE_WEBHOOK_SECRET=" + next + "," + *s.webhookSecret.Load())
		p.restart("")
	}
	s.webhookSecret.Store(&next)
	s.webhooksAgain()
	for _, p := range s.processes {
		p.Configure("STRIPE_WEBHOOK_SECRET=" + next)
	}
	return nil
}
