package recon

import (
	"time"

	runs "farebook/store/recon"
)

// Summary is a reconciliation in a list, without what it found.
type Summary struct {
	CorrelationID string     `json:"correlationId" example:"recon_5f1c2a"`
	Status        string     `json:"status" enum:"running,completed,failed"`
	StartedAt     time.Time  `json:"startedAt"`
	CompletedAt   *time.Time `json:"completedAt,omitempty"`
	DryRun        bool       `json:"dryRun"`
	Scope         string     `json:"scope" enum:"payments,ledger,payouts,all"`
	LookbackDays  int        `json:"lookbackDays"`
	Applies       string     `json:"applies,omitempty" doc:"The run whose plan this one carried out."`
	Scanned       int64      `json:"scanned"`
	Overdue       int64      `json:"overdue" doc:"Open payments older than the look-back window."`
	Error         string     `json:"error,omitempty"`
}

// SummaryOf converts a run.
func SummaryOf(run runs.Run) Summary {
	return Summary{
		CorrelationID: run.CorrelationID, Status: run.Status, StartedAt: run.StartedAt, CompletedAt: run.CompletedAt, DryRun: run.Options.DryRun,
		Scope: string(run.Options.Scope), LookbackDays: run.Options.LookbackDays, Applies: run.Applies, Scanned: run.Scanned,
		Overdue: run.Overdue, Error: run.Error,
	}
}
