package clock

import (
	"sync"
	"time"
)

// Movable follows the machine's clock with an offset. The zero value has no offset.
type Movable struct {
	mu     sync.Mutex
	offset time.Duration
	stands time.Time // zero while it runs
}

// Now returns the machine's time plus the offset, or the time at which the clock stands.
func (m *Movable) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now()
}

func (m *Movable) now() time.Time {
	if !m.stands.IsZero() {
		return m.stands
	}
	return System{}.Now().Add(m.offset)
}

// StandAt sets the clock to a time, earlier or later, at which it stands until it is moved: a simulation gives every run the same times.
func (m *Movable) StandAt(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stands = t.UTC()
}

// Advance moves the clock; a negative duration moves it back.
func (m *Movable) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.move(d)
}

func (m *Movable) move(d time.Duration) {
	if !m.stands.IsZero() {
		m.stands = m.stands.Add(d)
		return
	}
	m.offset += d
}

// AdvanceTo moves the clock forward to a time. It does nothing if the clock is there already or beyond.
func (m *Movable) AdvanceTo(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ahead := t.Sub(m.now()); ahead > 0 {
		m.move(ahead)
	}
}
