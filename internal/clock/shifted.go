package clock

import (
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// Shifted is the machine's clock, ahead by the duration in a file, such as 2m30s, or behind by a negative one. The file is read for each
// time, so that whoever writes it moves the clocks of several processes at once, while they run. It is for tests only.
type Shifted struct {
	path string
	last atomic.Int64 // the offset that was read last, for a file that cannot be read
}

// NewShifted returns a clock that follows a file.
func NewShifted(path string) *Shifted { return &Shifted{path: path} }

// Now returns the machine's time with the offset.
func (s *Shifted) Now() time.Time {
	if text, err := os.ReadFile(s.path); err == nil {
		if offset, err := time.ParseDuration(strings.TrimSpace(string(text))); err == nil {
			s.last.Store(int64(offset))
		}
	}
	return System{}.Now().Add(time.Duration(s.last.Load()))
}
