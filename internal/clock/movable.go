package clock

import (
	"sync"
	"time"
)

// Movable runs with the machine's clock and can be set ahead of it, or behind. Its zero value shows the machine's time.
type Movable struct {
	mu     sync.Mutex
	offset time.Duration
}

// Now is the machine's time and what the clock was moved by.
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

// AdvanceTo moves the clock to a time, and leaves one alone that is there already or beyond.
func (m *Movable) AdvanceTo(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ahead := t.Sub(System{}.Now().Add(m.offset)); ahead > 0 {
		m.offset += ahead
	}
}
