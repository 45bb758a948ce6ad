package fakestripe

// NewDispute is a dispute that begins anywhere in its life, or outside of what Stripe documents.
type NewDispute struct {
	PaymentIntent string   `json:"payment_intent"`
	Amount        int64    `json:"amount"` // minor units, also above the payment; 0 for all of it
	Status        string   `json:"status"` // any: "prevented", "lost"...
	Reason        string   `json:"reason"` // empty for fraudulent
	Withdraw      bool     `json:"withdraw"`
	Events        []string `json:"events"` // about it, once it is as described
}

// OpenDispute makes one as described, whatever the state of its payment, and returns its id.
func (s *Server) OpenDispute(in NewDispute) (string, error) {
	id := ""
	err := s.withObject(in.PaymentIntent, func(o object) *apiError {
		i, ok := o.(*intent)
		if !ok || i.latestCharge == "" {
			return invalid("", "payment_intent", in.PaymentIntent+" is no PaymentIntent with a charge")
		}
		ch := s.charges.get(i.latestCharge)
		if in.Amount == 0 {
			in.Amount = ch.amountCaptured
		}
		d := s.newDispute(ch, in.Amount, in.Status, orDefault(in.Reason, "fraudulent"))
		if in.Withdraw {
			s.withdraw(d)
		}
		id = d.id
		s.emitAll(d, in.Events)
		return nil
	})
	return id, err
}

// SetDisputeStatus takes a dispute to any status, known or not, without moving money.
func (s *Server) SetDisputeStatus(id, status string, events ...string) error {
	return s.withDispute(id, events, func(d *dispute) { d.status = status })
}

// WithdrawDispute takes the money of a dispute, whatever its status, and Stripe's fee.
func (s *Server) WithdrawDispute(id string, events ...string) error {
	return s.withDispute(id, events, s.withdraw)
}

// ReinstateDispute gives back so much of a dispute and its fee, whatever its status. Minor units; the fee as it is returned:
// 1500, or 0 for one that Stripe keeps.
func (s *Server) ReinstateDispute(id string, amount, fee int64, events ...string) error {
	return s.withDispute(id, events, func(d *dispute) {
		d.transactions = append(d.transactions, s.book(&transaction{
			amount: amount, fee: -fee, currency: d.charge.currency, kind: "adjustment", category: "dispute_reversal", source: d.id,
			description: "Chargeback reversal for " + d.charge.id,
		}))
	})
}

func (s *Server) withDispute(id string, events []string, do func(*dispute)) error {
	return s.withObject(id, func(o object) *apiError {
		d, ok := o.(*dispute)
		if !ok {
			return invalid("", "id", id+" is no dispute")
		}
		do(d)
		s.emitAll(d, events)
		return nil
	})
}
