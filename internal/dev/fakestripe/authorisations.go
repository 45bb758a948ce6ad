package fakestripe

import "time"

// authorisationLife is how long a card authorisation is valid (stripe.com/docs/payments/place-a-hold-on-a-payment-method).
const authorisationLife = 7 * 24 * time.Hour

// captureBefore returns the Unix time at which an uncaptured authorisation expires; 0 for a charge that is not awaiting capture.
func (s *Server) captureBefore(ch *charge) int64 {
	if ch.intent == nil || ch.intent.status != needsCapture || ch.captured || ch.status != "succeeded" {
		return 0
	}
	return ch.created + int64(s.authorisation/time.Second)
}

// SetAuthorisationLife changes how long authorisations are valid; the default is seven days.
func (s *Server) SetAuthorisationLife(life time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.authorisation = life
}

// ExpireAuthorizations cancels the PaymentIntents that were not captured before their authorisation expired, as Stripe does
// automatically.
func (s *Server) ExpireAuthorizations() { s.expireAuthorizations(s.clock.Now()) }

func (s *Server) expireAuthorizations(at time.Time) {
	s.mu.Lock()
	now := at.Unix()
	for _, i := range s.intents.order {
		if i.status != needsCapture {
			continue
		}
		ch := s.charges.get(i.latestCharge)
		if s.captureBefore(ch) > now {
			continue
		}
		i.status, i.capturable, i.canceledAt, i.cancellationReason = canceled, 0, now, "automatic"
		s.releaseAuthorisation(ch, "expired_uncaptured_charge")
		s.emit("charge.expired", ch)
		s.emitRelease(ch)
		s.emit("payment_intent.canceled", i)
	}
	s.mu.Unlock()
	s.webhooks.flush()
}

// Advance moves the clock forward by d, then makes the changes that are due by then: expired authorisations, refunds and bank
// debits.
func (s *Server) Advance(d time.Duration) {
	s.clock.Advance(d)
	s.applyDue(s.clock.Now())
}

// BringForward makes the changes that are due within d without moving the clock, so that timestamps stay close to real time.
func (s *Server) BringForward(d time.Duration) { s.applyDue(s.clock.Now().Add(d)) }

func (s *Server) applyDue(now time.Time) {
	s.expireAuthorizations(now)
	s.moveDueRefunds(now)
	s.moveDueDebits(now)
}
