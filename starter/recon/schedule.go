package recon

import (
	"time"

	"farebook/starter/dispatch"
)

// Schedule is the schedule of reconciliations. Of Cron, with TimeZone, and Every one is set.
type Schedule struct {
	Paused       bool        `json:"paused"`
	Note         string      `json:"note,omitempty" doc:"Why it was paused or resumed."`
	Cron         string      `json:"cron,omitempty" example:"30 2 * * *"`
	TimeZone     string      `json:"timeZone,omitempty" example:"Asia/Dubai"`
	Every        float64     `json:"everySeconds,omitempty"`
	Jitter       float64     `json:"jitterSeconds" doc:"The longest random delay of a run."`
	LookbackDays int         `json:"lookbackDays"`
	Limit        int         `json:"limit" doc:"Of payments that one run reads; 0 for all."`
	Scope        string      `json:"scope" enum:"payments,ledger,payouts,all"`
	DryRun       bool        `json:"dryRun"`
	Started      int         `json:"started"`
	Skipped      int         `json:"skipped" doc:"Runs that were not started, because another one was running."`
	Last         []string    `json:"last" nullable:"false" doc:"The most recent runs, the newest last."`
	Next         []time.Time `json:"next" nullable:"false"`
}

// ScheduleOf converts the schedule that Temporal reports.
func ScheduleOf(s dispatch.CurrentSchedule) Schedule {
	return Schedule{
		Paused: s.Paused, Note: s.Note, Cron: s.Cron, TimeZone: s.TimeZone, Every: s.Every.Seconds(), Jitter: s.Jitter.Seconds(),
		LookbackDays: s.Options.LookbackDays, Limit: s.Options.Limit, Scope: string(s.Options.Scope), DryRun: s.Options.DryRun,
		Started: s.Runs, Skipped: s.Skipped, Last: append([]string{}, s.Last...), Next: append([]time.Time{}, s.Next...),
	}
}
