package stripestand

import (
	"sync"
	"time"
)

// Clock is real time, moved forward by tests.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
}

// Now is the stand-in's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}
