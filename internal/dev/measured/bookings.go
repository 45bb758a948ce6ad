// Package measured has the results of benchmarks as files, tables of documents, and the marks between which documents hold them. It imports
// no other package of Farebook.
package measured

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// The systems that `make bench` runs in turns.
const (
	Empty    = "empty workflow"
	Shape    = "a booking's shape without steps"
	Tutorial = "tutorial design without its work"
	Apart    = "Farebook, API_WORKER=false"
	Beside   = "Farebook, API_WORKER=true"
)

// Bookings is the result of `make bench` on one Temporal server.
type Bookings struct {
	Command string
	Date    string
	Machine string
	Servers string // what Temporal and MariaDB are, in words
	Figures []Figure
	// Costs are counted from the history of one run, by system.
	Costs map[string]Cost
}

// Figure is what was measured of one system with so many clients at once.
type Figure struct {
	System  string
	Clients int
	Stripe  int // milliseconds that Stripe takes for an answer
	Runs    int
	Rate    float64 // a second
	// First is the time until the first answer, End the time until the end.
	First, End Spread
	CPU        map[string]float64 // milliseconds a run, by process
}

// Spread are times in milliseconds.
type Spread struct{ P50, P99, Max float64 }

// Cost is what one run costs at Temporal.
type Cost struct{ Actions, Events, Bytes int }

// Find returns the figure of a system; false if it was not measured so.
func (b Bookings) Find(system string, clients, stripe int) (Figure, bool) {
	for _, figure := range b.Figures {
		if figure.System == system && figure.Clients == clients && figure.Stripe == stripe {
			return figure, true
		}
	}
	return Figure{}, false
}

// Milliseconds is a duration as the figures have it.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Save writes a result as JSON, and creates the directory.
func Save(path string, result any) error {
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644) //nolint:gosec // anybody may read it
}

// Load reads what Save wrote.
func Load(path string, result any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, result)
}
