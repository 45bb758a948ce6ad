package story

import (
	"slices"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/store"
)

// Figures are where the money of a booking is. Refundable = captured - refunded - pending - disputed, and never below zero.
type Figures struct {
	Captured   money.Money `json:"captured" doc:"What was taken from the traveller."`
	Refunded   money.Money `json:"refunded" doc:"Refunds that succeeded, and those that failed at Stripe and were paid from the bank."`
	Pending    money.Money `json:"pending" doc:"Refunds that were decided and are not settled."`
	Disputed   money.Money `json:"disputed" doc:"Disputes that are open or lost."`
	Refundable money.Money `json:"refundable" doc:"What is left: captured less refunded, pending and disputed."`
	Exceeds    bool        `json:"exceeds" doc:"Refunds and disputes together are more than what was captured: the traveller is paid twice."`
}

func figuresOf(s store.Story) Figures {
	currency := s.Booking.Amount.Currency
	var captured, refunded, pending, disputed int64
	if p := s.Booking.Payment; p != nil {
		currency, captured, refunded = p.Amount.Currency, p.AmountCaptured, p.AmountRefunded
	}
	for _, refund := range s.Refunds {
		switch {
		case refund.Status.Reserves() && !refund.Status.Settled():
			pending += refund.Amount.Value
		case gaveNothing(refund) && paidFromBank(s, refund):
			refunded += refund.Amount.Value
		}
	}
	for _, dispute := range s.Disputes {
		if dispute.Status.Open() || dispute.Status == booking.DisputeLost {
			disputed += dispute.Amount.Value
		}
	}
	left := captured - refunded - pending - disputed
	of := func(value int64) money.Money { return money.Money{Value: value, Currency: currency} }
	return Figures{
		Captured: of(captured), Refunded: of(refunded), Pending: of(pending), Disputed: of(disputed), Refundable: of(max(left, 0)),
		Exceeds: captured > 0 && left < 0,
	}
}

// gaveNothing reports whether a refund failed at Stripe, or was refused.
func gaveNothing(refund store.Refund) bool {
	return refund.Status.Settled() && !refund.Status.Reserves()
}

// paidFromBank reports whether a journal has paid a failed refund from the bank.
func paidFromBank(s store.Story, refund store.Refund) bool {
	return slices.ContainsFunc(s.Ledger, func(posted store.LedgerTransaction) bool {
		return posted.Type == ledger.TypeManual && posted.ObjectID == string(refund.ID)
	})
}
