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

// followUse is how one follows a running reconciliation.
const followUse = "starter reconcile follow"

func followRunCommand() *cobra.Command {
	var format string
	follow := &cobra.Command{
		Use:   "follow RUN",
		Short: "Follow a run to its end, and show it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format, runFormats); err != nil {
				return err
			}
			return workflowsCommand(cmd, logging.Reconciliation, func(books *store.Store, w *dispatch.Client) error {
				cmd.SetContext(correlation.With(cmd.Context(), args[0]))
				run, err := runs.New(books).Run(cmd.Context(), args[0])
				if err != nil {
					return noSuchRun(args[0], err)
				}
				if run.Status != runs.RunRunning { // Temporal may have forgotten it
					return showEnd(cmd, books, run, format)
				}
				return followToTheEnd(cmd, books, w, args[0], format)
			})
		},
	}
	formatFlag(follow, &format, runFormats...)
	return follow
}

// followToTheEnd shows progress and then the report; Ctrl-C ends the showing, and not the run.
func followToTheEnd(cmd *cobra.Command, books *store.Store, w *dispatch.Client, id, format string) error {
	ctx := cmd.Context()
	ended := followRun(ctx, cmd.ErrOrStderr(), w, id)
	if ctx.Err() != nil {
		return &Interrupted{fmt.Sprintf("%s is still running; follow it with: %s %s", id, followUse, id)}
	}
	run, err := runs.New(books).Run(ctx, id)
	if err == nil && run.Status != runs.RunRunning {
		return showEnd(cmd, books, run, format)
	}
	if ended != nil {
		// Terminated by somebody, so that it could not write its end; or Temporal is away.
		ended = fmt.Errorf("how %s ends cannot be told: %w", id, ended)
	}
	return errors.Join(ended, err)
}

// showEnd prints a run that has ended, and says by its error what is left to do.
func showEnd(cmd *cobra.Command, books *store.Store, run runs.Run, format string) error {
	left, err := printRun(cmd.Context(), cmd.OutOrStdout(), books, run, format)
	switch {
	case err != nil:
		return err
	case run.Status == runs.RunFailed:
		return exitcode.With(exitcode.Findings, fmt.Errorf("%s has failed: %s", run.CorrelationID, run.Error))
	case left > 0:
		return exitcode.With(exitcode.Findings, fmt.Errorf("%w: %d", ErrDifferences, left))
	}
	return nil
}

// followPace is how often a run is asked how far it is.
const followPace = 500 * time.Millisecond

// followRun shows progress until a run has ended: a bar that moves on a terminal, a line a change in a pipe.
func followRun(ctx context.Context, out io.Writer, w *dispatch.Client, id string) error {
	ended := make(chan error, 1)
	go func() {
		_, err := w.AwaitReconciliation(ctx, id)
		ended <- err
	}()
	ticker := time.NewTicker(followPace)
	defer ticker.Stop()
	terminal, last := isTerminal(out), ""
	_, _ = fmt.Fprintln(out, id) // a screen, or a pipe that is gone: neither is a reason to stop
	for {
		select {
		case err := <-ended:
			if terminal {
				_, _ = fmt.Fprint(out, "\r\033[K") // what follows begins a line
			}
			return err
		case <-ticker.C:
		}
		share, line := askProgress(ctx, w, id)
		switch {
		case ctx.Err() != nil: // nobody is waiting any more
		case terminal:
			_, _ = fmt.Fprint(out, "\r\033[K"+cut(bar(share)+" "+line, widthOf(out))) // as above
		case line != last:
			_, _ = fmt.Fprintln(out, line) // as above
		}
		last = line
	}
}

// answerTime is how long a run may take to say how far it is.
const answerTime = 5 * time.Second

// askProgress is a line about how far a run is. How it ended it says itself.
func askProgress(ctx context.Context, w *dispatch.Client, id string) (share float64, line string) {
	asking, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	at, err := w.ReconciliationProgress(asking, id)
	if err != nil {
		return 0, "no answer yet: a worker has to be running"
	}
	return shareOf(at), progressLine(at)
}

func progressLine(at workflows.ReconciliationProgress) string {
	line := fmt.Sprintf("%3.0f%% looked at %d, items %d", 100*shareOf(at), at.Scanned, at.Found)
	if at.Healing > 0 {
		line += fmt.Sprintf(", asked to heal %d", at.Healing)
	}
	line += ": " + at.Stage // last, where a narrow terminal cuts it
	if at.Trouble != "" {
		line += ", tried again after: " + printable(at.Trouble)
	}
	return line
}

// linesShare is what the balance transactions are of the whole: nearly all of it, where there are many.
const linesShare = 0.9

// shareOf is how much of a run is behind it, from 0 to 1.
func shareOf(at workflows.ReconciliationProgress) float64 {
	others := 0.0
	if at.Scans > 0 {
		others = float64(at.ScansDone) / float64(at.Scans)
	}
	if at.Seconds == 0 {
		return others
	}
	return linesShare*float64(at.SecondsDone)/float64(at.Seconds) + (1-linesShare)*others
}

const barWidth = 24

func bar(share float64) string {
	full := int(barWidth * min(max(share, 0), 1))
	return "[" + strings.Repeat("█", full) + strings.Repeat("░", barWidth-full) + "]"
}
