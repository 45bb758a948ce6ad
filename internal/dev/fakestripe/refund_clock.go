package fakestripe

import "time"

// refundTime is the time after which refunds to the refund test cards change their status automatically; Stripe documents "some
// time later" (stripe.com/docs/testing).
const refundTime = time.Hour

// moveDueRefunds settles refunds to pm_card_pendingRefund, and fails refunds to pm_card_refundFail, that were created at
// least refundTime before now.
func (s *Server) moveDueRefunds(now time.Time) {
	s.mu.Lock()
	due := now.Add(-refundTime).Unix()
	for _, r := range s.refunds.order {
		switch card := r.charge.behaviour; {
		case r.created > due || r.uncaptured:
		case card.refundWaits && r.status == "pending" && r.transaction != "":
			s.settleRefund(r)
		case card.refundFails && r.status == "succeeded":
			s.reverseRefund(r, "failed", "lost_or_stolen_card")
		}
	}
	s.mu.Unlock()
	s.webhooks.flush()
}
