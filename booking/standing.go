package booking

// Standing summarises where the money of a paid booking is. Amounts are minor units of the booking's currency.
type Standing struct {
	Captured    int64
	Refunded    int64 // by succeeded refunds
	ChargedBack int64 // by lost disputes
	Disputed    bool  // a formal dispute is open
	Cancelled   bool  // cancelled after payment
}

// Status derives the booking's status. An open dispute takes precedence, because the money is withheld meanwhile. Refunds and
// lost disputes both count as refunded.
func (s Standing) Status() Status {
	returned := s.Refunded + s.ChargedBack
	switch {
	case s.Disputed:
		return StatusDisputed
	case returned >= s.Captured:
		return StatusRefunded
	case returned > 0:
		return StatusPartiallyRefunded
	case s.Cancelled:
		return StatusCancelled
	default:
		return StatusConfirmed
	}
}
