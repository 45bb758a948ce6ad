package fakestripe

// NewDispute describes a dispute that starts in any status, including statuses that Stripe does not document.
type NewDispute struct {
	PaymentIntent string   `json:"payment_intent"`
	Amount        int64    `json:"amount"` // minor units, may exceed the payment; 0 for the captured amount
	Status        string   `json:"status"` // any text: "prevented", "lost"...
	Reason        string   `json:"reason"` // empty for "fraudulent"
	Withdraw      bool     `json:"withdraw"`
	Events        []string `json:"events"` // types of the events to send about the new dispute
}

// OpenDispute opens the described dispute, whatever the status of its payment, and returns its id. It fails if the PaymentIntent
// has no charge.
func (s *Server) OpenDispute(in NewDispute) (string, error) {
	id := ""
	err := s.withObject(in.PaymentIntent, func(o object) *apiError {
		i, ok := o.(*intent)
		if !ok || i.latestCharge == "" {
			return invalid("", "payment_intent", in.PaymentIntent+" is not a PaymentIntent with a charge")
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

// SetDisputeStatus sets any status, known or not, without moving funds.
func (s *Server) SetDisputeStatus(id, status string, events ...string) error {
	return s.withDispute(id, events, func(d *dispute) { d.status = status })
}

// WithdrawDispute withdraws the disputed amount and Stripe's dispute fee, whatever the dispute's status.
func (s *Server) WithdrawDispute(id string, events ...string) error {
	return s.withDispute(id, events, s.withdraw)
}

// ReinstateDispute returns part or all of the disputed amount and fee, whatever the dispute's status. Both are in minor units; a
// fee of 0 means that Stripe keeps the dispute fee of 1500.
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
			return invalid("", "id", id+" is not a dispute")
		}
		do(d)
		s.emitAll(d, events)
		return nil
	})
}
