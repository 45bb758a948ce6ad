package command

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"farebook/migrations"
)

// migrationLogPace is how long a task takes before it is logged, and how often it is logged from then on.
const migrationLogPace = 5 * time.Second

// migrationProgress shows what a migration is doing: a moving line on a terminal, log lines elsewhere.
type migrationProgress struct {
	out      io.Writer
	log      *slog.Logger
	terminal bool

	task string
	pace *rate.Sometimes
	open bool // the terminal's line is not empty
}

func (m *migrationProgress) show(p migrations.Progress) {
	switch {
	case p.Rows > 0:
		m.end()
		m.log.Info("completed rows of an older release", "task", p.Task, "rows", p.Rows)
	case m.terminal:
		_, _ = fmt.Fprint(m.out, "\r\033[K"+cut(progressText(p), widthOf(m.out))) // output of progress may fail
		m.open = true
	case p.Waits:
		m.log.Warn("waiting for a table", "task", p.Task, "detail", p.Detail)
	case p.Task != m.task:
		m.task, m.pace = p.Task, &rate.Sometimes{Interval: migrationLogPace}
		m.pace.Do(func() {}) // the interval begins
	default:
		m.pace.Do(func() { m.log.Info("migrating", "task", p.Task, "detail", p.Detail, "done", percent(p.Share)) })
	}
}

// end empties the terminal's line, so that the next output begins at its start.
func (m *migrationProgress) end() {
	if m.open {
		_, _ = fmt.Fprint(m.out, "\r\033[K") // as above
		m.open = false
	}
}

func progressText(p migrations.Progress) string {
	text := p.Task
	if p.Share >= 0 {
		text = bar(p.Share) + " " + percent(p.Share) + " " + text
	}
	if p.Detail != "" {
		text += ", " + p.Detail
	}
	return text
}

func percent(share float64) string {
	if share < 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}
