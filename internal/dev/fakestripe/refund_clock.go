package fakestripe

import "time"

// refundTime is the time after which refunds to the test cards for refunds change their state automatically. Stripe says "some
// time later" (stripe.com/docs/testing).
const refundTime = time.Hour

// moveDueRefunds lets a refund of pm_card_pendingRefund arrive, and one of pm_card_refundFail come back.
func (s *Server) moveDueRefunds(now time.Time) {
	s.mu.Lock()
	due := now.Add(-refundTime).Unix()
	for _, r := range s.refunds.order {
		switch card := r.charge.behaviour; {
		case r.created > due || r.uncaptured:
		case card.refundWaits && r.status == "pending" && r.transaction != "":
			s.arrive(r)
		case card.refundFails && r.status == "succeeded":
			s.giveBack(r, "failed", "lost_or_stolen_card")
		}
	}
	s.mu.Unlock()
	s.webhooks.flush()
}
