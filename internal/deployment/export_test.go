package deployment

import "time"

// TrustFor is how long an answer is valid.
const TrustFor = trustFor

// SetNow replaces the clock.
func (w *Watch) SetNow(now func() time.Time) { w.now = now }
