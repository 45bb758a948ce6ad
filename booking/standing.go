package booking

// Standing is where the money of a booking stands that was paid. Amounts are minor units of its currency.
type Standing struct {
	Captured    int64
	Refunded    int64 // by refunds that succeeded
	ChargedBack int64 // by disputes that were lost
	Disputed    bool  // a formal dispute is open
	Cancelled   bool  // cancelled after payment
}

// Status is the booking's state that follows. An open dispute hides the rest, as the money is withheld meanwhile; what
// went back by a refund or by a lost dispute went back.
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
