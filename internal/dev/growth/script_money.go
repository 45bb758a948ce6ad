package growth

import (
	"time"

	"farebook/booking"
	"farebook/internal/dev/bigbooks"
	"farebook/ledger"
	"farebook/store"
)

// reserveRefund reserves a refund of a booking.
func (s *script) reserveRefund(known store.Booking, name string, amount int64) store.Refund {
	return first[store.Refund](s.calls, "ReserveRefund", store.NewRefund{
		Key: s.key(store.OperationCreateRefund, name), Reference: known.Reference, CorrelationID: known.CorrelationID, By: s.by, Now: s.now,
		Request: booking.RefundRequest{Amount: amount, Reason: booking.ReasonRequestedByCustomer},
	})
}

// refunds makes a refund of an old booking, and reads it.
func (s *script) refunds() {
	known := must(s.books.Booking(s.ctx, bigbooks.Reference(s.old(10+s.round))))
	refund := s.reserveRefund(known, "refund", 1000)
	s.measure("BeginRefund", refund.ID, s.now)
	s.measure("RefundToldOf", refund)
	stripeID := s.id("re_", "refund")
	event := s.received("refund.created", "refund", stripeID, string(known.Reference))
	snapshot := booking.RefundSnapshot{
		StripeRefundID: stripeID, PaymentIntentID: known.Payment.PaymentIntentID, StripeStatus: "succeeded", Amount: 1000,
		Currency: known.Amount.Currency, RefundID: refund.ID, Balance: s.inCurrency(s.balance("refund", "refund", -1000), known),
	}
	reading := store.RefundReading{Snapshot: snapshot, EventIDs: []string{event}, Now: s.now}
	recorded := first[store.RefundRecorded](s.calls, "RecordRefund", reading)
	s.sent(recorded.EmailIDs)
	s.measure("Refund", refund.ID)
	s.measure("RefundByStripeID", stripeID)
	s.measure("RefundOf", s.ownerOf(s.old(10+s.round)), refund.ID)
}

// inCurrency gives a balance transaction the currency of a booking.
func (*script) inCurrency(balance *booking.BalanceTransaction, of store.Booking) *booking.BalanceTransaction {
	balance.Currency = of.Amount.Currency
	return balance
}

// abandonedRefunds are refunds that Stripe does not make.
func (s *script) abandonedRefunds() {
	known, _ := s.paid("unrefunded")
	held := s.reserveRefund(known, "held", 100)
	s.measure("HoldRefund", held, "what Stripe has differs", s.now)
	s.measure("RefundHeld", held)
	s.measure("RecordRefundRefused", held.ID, "charge_disputed", s.now)
	waiting := s.reserveRefund(known, "waiting", 100)
	s.measure("BeginRefund", waiting.ID, s.now)
	s.measure("PostponeRefund", store.RefundPostponement{ID: waiting.ID, Code: booking.CodeBalanceInsufficient, Now: s.now})
	s.measure("RefundsWaitingForBalance")
	s.measure("AbandonRefund", store.AbandonRefund{ID: waiting.ID, Note: "paid by transfer", By: s.by, Now: s.now.Add(time.Second)})
}

// disputes opens a dispute of an old booking and loses it.
func (s *script) disputes() {
	known := must(s.books.Booking(s.ctx, bigbooks.Reference(s.old(40+s.round))))
	snapshot := booking.DisputeSnapshot{
		DisputeID: s.id("dp_", "dispute"), PaymentIntentID: known.Payment.PaymentIntentID, ChargeID: known.Payment.ChargeID,
		Status: booking.DisputeNeedsResponse, Reason: "fraudulent", Amount: known.Amount.Value, Currency: known.Amount.Currency,
		DueBy: s.now.Add(7 * 24 * time.Hour), Balances: []booking.BalanceTransaction{
			*s.inCurrency(s.balance("dispute", "dispute", -known.Amount.Value), known),
		},
	}
	recorded := first[store.DisputeRecorded](s.calls, "RecordDispute", store.DisputeReading{Snapshot: snapshot, Now: s.now})
	s.sent(recorded.EmailIDs)
	s.measure("Dispute", snapshot.DisputeID)
	s.sent(first[[]uint64](s.calls, "RemindOfDispute", snapshot.DisputeID, s.now))
	snapshot.Status = booking.DisputeLost
	lost := first[store.DisputeRecorded](s.calls, "RecordDispute: lost", store.DisputeReading{Snapshot: snapshot, Now: s.now})
	s.sent(lost.EmailIDs)
}

// payouts records a payout of a page of old payments, and what Stripe has beside bookings and payouts.
func (s *script) payouts() {
	var page []booking.BalanceTransaction
	for n := range payoutPage {
		page = append(page, booking.BalanceTransaction{
			ID: bigbooks.BalanceTransaction(s.old(n)), Amount: price, Net: price, Currency: "USD", ReportingCategory: "charge", Created: s.now,
		})
	}
	payoutID := s.id("po_", "payout")
	unmatched := first[int](s.calls, "MatchPayout", store.PayoutPage{PayoutID: payoutID, Page: page}, nil, s.now)
	contents := booking.PayoutContents{}
	contents.Add(page, unmatched)
	snapshot := booking.PayoutSnapshot{
		PayoutID: payoutID, Status: booking.PayoutPaid, Amount: contents.Net, Currency: "USD", Automatic: true, ArrivesAt: s.now,
		Balance: s.balance("payout", "payout", -contents.Net), Complete: true,
	}
	s.measure("RecordPayout", store.PayoutReading{Snapshot: snapshot, Contents: contents, Now: s.now})
	s.measure("Payout", snapshot.PayoutID)
	s.measure("CarryOverPayout", snapshot.PayoutID, store.CarryingOver{DryRun: true, Now: s.now})
	s.measure("RecordAccountFee", *s.balance("billed", "fee", -500), s.now)
	other := must(ledger.OtherIntegration(ledger.Unbooked{
		Balance: *s.balance("unbooked", "charge", 4500), ObjectID: s.id("ch_", "unbooked"), PaymentIntentID: s.id("pi_", "unbooked"),
		Description: "a shop",
	}))
	s.measure("RecordUnbooked", other, s.now)
}

// payoutPage is how many balance transactions are compared at once, as many as Stripe lists on a page.
const payoutPage = 100
