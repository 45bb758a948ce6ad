package clock

import (
	"sync"
	"time"
)

// Movable follows the machine's clock with an offset. The zero value has no offset.
type Movable struct {
	mu     sync.Mutex
	offset time.Duration
}

// Now returns the machine's time plus the offset.
func (m *Movable) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return System{}.Now().Add(m.offset)
}

// Advance moves the clock; a negative duration moves it back.
func (m *Movable) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offset += d
}

// AdvanceTo moves the clock forward to a time. It does nothing if the clock is there already or beyond.
func (m *Movable) AdvanceTo(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ahead := t.Sub(System{}.Now().Add(m.offset)); ahead > 0 {
		m.offset += ahead
	}
}
