package command

import (
	"fmt"
	"io"
	"regexp"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/exitcode"
	"farebook/starter/dispatch"
	"farebook/starter/replay"
)

// replayFlags are the flags of replay.
type replayFlags struct {
	open, closed int
	only, format string
}

// maxReplayed bounds --limit and --closed: the failures of one run stay in memory.
const maxReplayed = 100_000

var typeName = regexp.MustCompile(`^\w{1,100}$`)

func (f replayFlags) check() error {
	switch {
	case f.open < 0 || f.open > maxReplayed:
		return misused("invalid --limit %d: must be from 0 to %d", f.open, maxReplayed)
	case f.closed < 0 || f.closed > maxReplayed:
		return misused("invalid --closed %d: must be from 0 to %d", f.closed, maxReplayed)
	case f.only != "" && !typeName.MatchString(f.only):
		return misused("invalid --type %q: must be a workflow type, such as BookingPayment", f.only)
	}
	return checkFormat(f.format, shownFormats)
}

// replayCommand replays against workflows, by type.
func replayCommand(workflows map[string]any) *cobra.Command {
	var flags replayFlags
	command := &cobra.Command{
		Use:   "replay [--limit N] [--closed N] [--type TYPE]",
		Short: "Check that the workflows of a live namespace can continue on this build",
		Long: "Run it with the new build before it is deployed, with the configuration of the live system. It reads the histories of running " +
			"workflows, and of the newest closed ones of each type, and runs this build's workflow code against each. A history that does not " +
			"fit would stop its workflow at the next task. Exits with 1 if there is one, and names its event and what differs. It changes " +
			"nothing, and needs only Temporal.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			return replayHistories(cmd, workflows, flags)
		},
	}
	command.Flags().IntVar(&flags.open, "limit", 10_000, "maximum number of running workflows of each type, the newest first")
	command.Flags().IntVar(&flags.closed, "closed", 100, "number of closed workflows of each type, the newest first")
	command.Flags().StringVar(&flags.only, "type", "", "replay only this workflow type")
	formatFlag(command, &flags.format, shownFormats...)
	return command
}

func replayHistories(cmd *cobra.Command, workflows map[string]any, flags replayFlags) error {
	cfg, log, err := load(cmd.ErrOrStderr(), "replay", config.Temporal)
	if err != nil {
		return err
	}
	temporal, err := dialTemporal(cfg, log)
	if err != nil {
		return err
	}
	defer temporal.Close()
	replayer := replay.Replayer{
		Temporal: temporal,
		TaskQueues: []string{
			cfg.TaskQueue, dispatch.ReconciliationQueue(cfg.TaskQueue), dispatch.WebhooksQueue(cfg.TaskQueue),
		},
		Workflows: workflows, Payloads: cfg.Payloads(), Open: flags.open, Closed: flags.closed, Only: flags.only,
		Progress: func(kind replay.Kind) { say(cmd, "Replayed %d of %s\n", kind.Open+kind.Closed, orDash(kind.Type)) },
	}
	report, err := replayer.Run(cmd.Context())
	if err != nil {
		return err
	}
	show := printReplay
	if flags.format == "json" {
		show = printReplayJSON
	}
	if err := show(cmd.OutOrStdout(), report); err != nil {
		return err
	}
	if len(report.Failures) == 0 {
		return nil
	}
	return exitcode.With(exitcode.Findings, fmt.Errorf("histories that this build cannot continue: %d", len(report.Failures)))
}

func printReplay(out io.Writer, report replay.Report) error {
	counts := newTable(out, "TYPE", "RUNNING", "CLOSED", "FAILED", "PINNED", "NOT STARTED", "EXPIRED", "LEFT OUT")
	for _, kind := range report.Kinds {
		name := orDash(kind.Type)
		if !kind.Known {
			name += " (not in this build)"
		}
		counts.row(name, kind.Open, kind.Closed, kind.Failed, kind.Pinned, kind.NotStarted, kind.Expired, kind.LeftOut)
	}
	if err := counts.flush(); err != nil {
		return err
	}
	if len(report.Failures) == 0 {
		return printText(out, "\nAll replayed histories fit this build.\n")
	}
	if err := printText(out, "\n"); err != nil {
		return err
	}
	failures := newTable(out, "WORKFLOW", "RUN", "STATE", "EVENT", "DIFFERENCE")
	for _, f := range report.Failures {
		failures.row(f.WorkflowID, f.RunID, runState(f.Open), f.Event, f.Text)
	}
	return failures.flush()
}

func runState(open bool) string {
	if open {
		return "running"
	}
	return "closed"
}

func printReplayJSON(out io.Writer, report replay.Report) error {
	type kind struct {
		Type       string `json:"type"`
		Known      bool   `json:"inThisBuild"`
		Open       int    `json:"running"`
		Closed     int    `json:"closed"`
		Failed     int    `json:"failed"`
		Pinned     int    `json:"pinned"`
		NotStarted int    `json:"notStarted"`
		Expired    int    `json:"expired"`
		LeftOut    int64  `json:"leftOut"`
	}
	type failure struct {
		Type       string `json:"type"`
		WorkflowID string `json:"workflowId"`
		RunID      string `json:"runId"`
		State      string `json:"state"`
		Event      int64  `json:"event"`
		Difference string `json:"difference"`
	}
	shown := struct {
		Kinds    []kind    `json:"types"`
		Failures []failure `json:"failures"`
	}{make([]kind, len(report.Kinds)), make([]failure, len(report.Failures))}
	for i, k := range report.Kinds {
		shown.Kinds[i] = kind(k)
	}
	for i, f := range report.Failures {
		shown.Failures[i] = failure{f.Type, f.WorkflowID, f.RunID, runState(f.Open), f.Event, f.Text}
	}
	return printJSON(out, shown)
}
