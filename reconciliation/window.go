package reconciliation

import "time"

// Window is a span of creation times at Stripe: From is in it, To is not.
type Window struct{ From, To time.Time }

// LookBack is the span of so many days before a run's start. Stripe counts in seconds: the one that has begun belongs to the run.
func LookBack(start time.Time, days int) Window {
	end := start.UTC().Truncate(time.Second).Add(time.Second)
	return Window{From: end.AddDate(0, 0, -days), To: end}
}

// Seconds is how long it is: what Stripe counts creation times in.
func (w Window) Seconds() int64 { return int64(w.To.Sub(w.From) / time.Second) }

// PageSize is how many lines a page holds: the most that Stripe gives at once (stripe.com/docs/api/pagination).
const PageSize = 100
