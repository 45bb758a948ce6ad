package reconciliation

import "time"

// Window is a range of creation times at Stripe, including From and excluding To.
type Window struct{ From, To time.Time }

// LookBack returns the window of the given number of days before start. Stripe's times are in seconds; the second of start is
// included.
func LookBack(start time.Time, days int) Window {
	end := start.UTC().Truncate(time.Second).Add(time.Second)
	return Window{From: end.AddDate(0, 0, -days), To: end}
}

// Seconds returns the length of the window in seconds, the unit of Stripe's creation times.
func (w Window) Seconds() int64 { return int64(w.To.Sub(w.From) / time.Second) }

// PageSize is the number of lines per page: Stripe's maximum (stripe.com/docs/api/pagination).
const PageSize = 100
