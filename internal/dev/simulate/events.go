package simulate

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"farebook/internal/dev/fakestripe"
)

// delivering is how long an event that is late takes at most. At rest, none is on its way.
const (
	prompt  = 10 * time.Second
	late    = 6 * time.Hour
	redoing = time.Minute
)

// takeEvents plans the deliveries of what has happened at Stripe: most events come within seconds, some hours late, some twice, some never.
func (s *system) takeEvents() {
	for _, payload := range s.stripe.TakeHeld() {
		s.counts["events"]++
		switch n := s.rand.IntN(100); {
		case n < s.lossOfEvents():
			s.counts["events lost"]++
			continue
		case n < 10:
			s.counts["events late"]++
			s.deliver(min(s.upTo(late), s.untilRest()), payload)
		default:
			s.deliver(s.upTo(prompt), payload)
		}
		if s.chance(5) {
			s.counts["events doubled"]++
			s.deliver(min(s.upTo(late), s.untilRest()), payload)
		}
	}
}

// lossOfEvents is how many of 100 events are lost.
func (s *system) lossOfEvents() int { return 1 }

// deliver plans one delivery, which Stripe repeats until it is acknowledged.
func (s *system) deliver(d time.Duration, payload []byte) {
	s.visit(d, "a delivery", func(ctx context.Context) error {
		a, err := request(ctx, http.MethodPost, s.api.URL+"/webhooks/stripe", map[string]string{
			"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": fakestripe.Sign(payload, s.clock.Now(), webhookSecret),
		}, payload)
		if err != nil {
			return err
		}
		s.inbox.Wait()
		switch {
		case a.status == http.StatusOK:
			return nil
		case a.status < http.StatusInternalServerError:
			return fmt.Errorf("an event was answered %d: %s", a.status, a.body)
		}
		s.deliver(redoing, payload)
		return nil
	})
}
