// Package clock is the time of the business: when a hold ends, a key of Stripe's is forgotten, a reconciliation is overdue.
// One clock is given to whatever opens the books (store.Open), and every other part asks the books for the time (Store.Now), so
// that no two parts can disagree. Production runs on System; a storm moves the processes' Shifted; tests and the Stripe stand-in share one
// Movable.
//
// What only measures how long something took stays on the system's monotonic clock: deadlines of requests and contexts, durations in
// logs, rate limits. Lint (forbidigo) keeps the rest from asking time.Now.
//
// github.com/jonboulle/clockwork is not used: its fake clock stands still until it is moved, and the tests run beside real servers
// (Temporal, MariaDB, SMTP), whose time passes. It imports nothing of Farebook.
package clock

import "time"

// Clock returns the current time in UTC. It is safe for concurrent use.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now returns the machine's time.
func (System) Now() time.Time { return time.Now().UTC() }
