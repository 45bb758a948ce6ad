package command

import (
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"farebook/migrations"
)

// migrationLogPace is how long a task takes before it is logged, and how often it is logged from then on.
const migrationLogPace = 5 * time.Second

// migrationProgress shows what a migration is doing: a moving line on a terminal, log lines elsewhere.
type migrationProgress struct {
	line progressLine
	log  *slog.Logger

	task string
	pace *rate.Sometimes
}

func (m *migrationProgress) show(p migrations.Progress) {
	switch {
	case p.Rows > 0:
		m.line.end()
		m.log.Info("completed rows of an older release", "task", p.Task, "rows", p.Rows)
	case m.line.terminal:
		m.line.show(progressText(p))
	case p.Waits:
		m.log.Warn("waiting for a table", "task", p.Task, "detail", p.Detail)
	case p.Task != m.task:
		m.task, m.pace = p.Task, &rate.Sometimes{Interval: migrationLogPace}
		m.pace.Do(func() {}) // the interval begins
	default:
		m.pace.Do(func() { m.log.Info("migrating", "task", p.Task, "detail", p.Detail, "done", percent(p.Share)) })
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
