package reconciliation

import "time"

// Window is a span of creation times at Stripe: From is in it, To is not.
type Window struct{ From, To time.Time }

// Seconds is how long it is: what Stripe counts creation times in.
func (w Window) Seconds() int64 { return int64(w.To.Sub(w.From) / time.Second) }

// PageSize is how many lines a page holds: the most that Stripe gives at once (stripe.com/docs/api/pagination).
const PageSize = 100
