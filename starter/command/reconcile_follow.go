package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/correlation"
	"farebook/internal/exitcode"
	"farebook/internal/logging"
	"farebook/starter/dispatch"
	"farebook/store"
	runs "farebook/store/recon"
	"farebook/workflows"
)

// followUse is the command that follows a running reconciliation.
const followUse = "starter reconcile follow"

func followRunCommand() *cobra.Command {
	var format string
	follow := &cobra.Command{
		Use:   "follow RUN",
		Short: "Follow a run to its end, and show its report",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format, runFormats); err != nil {
				return err
			}
			return workflowsCommand(cmd, logging.Reconciliation, func(books *store.Store, dispatcher *dispatch.Client) error {
				cmd.SetContext(correlation.With(cmd.Context(), args[0]))
				run, err := runs.New(books).Run(cmd.Context(), args[0])
				if err != nil {
					return noSuchRun(args[0], err)
				}
				if run.Status != runs.RunRunning { // Temporal may no longer have its history
					return showEnd(cmd, books, run, format)
				}
				return followToTheEnd(cmd, books, dispatcher, args[0], format)
			})
		},
	}
	formatFlag(follow, &format, runFormats...)
	return follow
}

// followToTheEnd shows progress and then the report. Ctrl-C stops following and not the run.
func followToTheEnd(cmd *cobra.Command, books *store.Store, dispatcher *dispatch.Client, id, format string) error {
	ctx := cmd.Context()
	ended := followRun(ctx, cmd.ErrOrStderr(), dispatcher, id)
	if ctx.Err() != nil {
		return &InterruptedError{fmt.Sprintf("%s is still running. Follow it with: %s %s", id, followUse, id)}
	}
	run, err := runs.New(books).Run(ctx, id)
	if err == nil && run.Status != runs.RunRunning {
		return showEnd(cmd, books, run, format)
	}
	if ended != nil {
		// An operator terminated it, so that it did not write its end, or Temporal is unavailable.
		ended = fmt.Errorf("the end of %s is unknown: %w", id, ended)
	}
	return errors.Join(ended, err)
}

// showEnd prints the report of a run that has ended. Its error says what is left to do.
func showEnd(cmd *cobra.Command, books *store.Store, run runs.Run, format string) error {
	left, err := printRun(cmd.Context(), cmd.OutOrStdout(), books, run, format)
	switch {
	case err != nil:
		return err
	case run.Status == runs.RunFailed:
		return exitcode.With(exitcode.Findings, fmt.Errorf("%s failed: %s", run.CorrelationID, run.Error))
	case left > 0:
		return exitcode.With(exitcode.Findings, fmt.Errorf("%w: %d", ErrDifferences, left))
	}
	return nil
}

// followPace is how often a run is asked for its progress.
const followPace = 500 * time.Millisecond

// followRun shows progress until a run has ended: a moving bar on a terminal, or one line for each change in a pipe.
func followRun(ctx context.Context, out io.Writer, dispatcher *dispatch.Client, id string) error {
	ended := make(chan error, 1)
	go func() {
		_, err := dispatcher.AwaitReconciliation(ctx, id)
		ended <- err
	}()
	ticker := time.NewTicker(followPace)
	defer ticker.Stop()
	line, last := progressLineOn(out), ""
	defer line.end()
	_, _ = fmt.Fprintln(out, id) // output of progress may fail without ending the command
	for {
		select {
		case err := <-ended:
			return err
		case <-ticker.C:
		}
		share, text := askProgress(ctx, dispatcher, id)
		switch {
		case ctx.Err() != nil: // interrupted
		case line.terminal:
			line.show(bar(share) + " " + text)
		case text != last:
			_, _ = fmt.Fprintln(out, text) // as above
		}
		last = text
	}
}

// answerTime is how long a run may take to report its progress.
const answerTime = 5 * time.Second

// askProgress returns the progress of a run, as a share and as a text.
func askProgress(ctx context.Context, dispatcher *dispatch.Client, id string) (share float64, text string) {
	asking, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	at, err := dispatcher.ReconciliationProgress(asking, id)
	if err != nil {
		return 0, "waiting for a worker"
	}
	return at.Share(), runText(at)
}

func runText(at workflows.ReconciliationProgress) string {
	text := fmt.Sprintf("%3.0f%% compared %d, items %d", 100*at.Share(), at.Scanned, at.Found)
	if at.Healing > 0 {
		text += fmt.Sprintf(", healing %d", at.Healing)
	}
	text += ": " + at.Stage // last, because a narrow terminal cuts it
	if at.Trouble != "" {
		text += ", retrying after: " + printable(at.Trouble)
	}
	return text
}

const barWidth = 24

func bar(share float64) string {
	full := int(barWidth * min(max(share, 0), 1))
	return "[" + strings.Repeat("█", full) + strings.Repeat("░", barWidth-full) + "]"
}
