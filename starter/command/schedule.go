package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/wait"
	"farebook/starter/dispatch"
	"farebook/store"
)

func scheduleCommand() *cobra.Command {
	return group("schedule", "Make, change and pause the schedule of reconciliation",
		"schedule apply, schedule show, schedule pause, schedule resume, or schedule trigger",
		applyScheduleCommand(), showScheduleCommand(),
		pauseScheduleCommand(), resumeScheduleCommand(), scheduleAction("trigger", "Start a run now, as the schedule would", triggerSchedule))
}

func applyScheduleCommand() *cobra.Command {
	flags := &reconcileFlags{}
	var schedule dispatch.Schedule
	apply := &cobra.Command{
		Use:   "apply",
		Short: "Make the schedule, or change it",
		Long:  "A run that is due while another is running is skipped; one that was missed by more than ten minutes is left to the next.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options, err := flags.read()
			if err != nil {
				return err
			}
			schedule.Options = options
			if err := checkSchedule(cmd, schedule); err != nil {
				return err
			}
			return workflowsCommand(cmd, "schedule", func(books *store.Store, w *dispatch.Client) error {
				if err := w.ApplySchedule(cmd.Context(), schedule); err != nil {
					return notApplied(schedule, err)
				}
				if err := warnOfGap(cmd.Context(), w, schedule, books.Now(), func(text string) { cmd.PrintErrln(text) }); err != nil {
					return err
				}
				return showSchedule(cmd, w)
			})
		},
	}
	flags.add(apply)
	apply.Flags().StringVar(&schedule.Cron, "cron", "", "five fields: \"30 2 * * *\" for half past two every night")
	apply.Flags().DurationVar(&schedule.Every, "every", 0, "an interval instead: 6h")
	apply.Flags().StringVar(&schedule.TimeZone, "time-zone", "UTC", "of --cron, an IANA name")
	apply.Flags().DurationVar(&schedule.Jitter, "jitter", usualJitter, "by how much a run may be late, so that not everybody asks Stripe at once")
	return apply
}

const (
	// longestInterval is as far back as a run may look: what is between two runs has to be within it.
	longestInterval = 400 * 24 * time.Hour
	longestJitter   = 24 * time.Hour
	usualJitter     = 5 * time.Minute
)

func checkSchedule(cmd *cobra.Command, schedule dispatch.Schedule) error {
	zoned := cmd.Flags().Changed("time-zone")
	switch {
	case (schedule.Cron == "") == (schedule.Every == 0):
		return misused("--cron or --every: give one of them")
	case schedule.Cron == "" && (schedule.Every < time.Minute || schedule.Every > longestInterval):
		return misused("--every is %s: a minute or more, and at most %s", schedule.Every, longestInterval)
	case schedule.Cron == "" && zoned:
		return misused("--time-zone: goes with --cron; an interval has none")
	case strings.Contains(schedule.Cron, "TZ="):
		return misused("--cron %q: say the zone with --time-zone", schedule.Cron)
	case schedule.Jitter < 0 || schedule.Jitter > longestJitter:
		return misused("--jitter is %s: from 0s to %s", schedule.Jitter, longestJitter)
	}
	// Go knows "" and "Local" as well: this machine's zone, which is not Temporal's.
	_, err := time.LoadLocation(schedule.TimeZone)
	if err != nil || schedule.TimeZone == "" || schedule.TimeZone == "Local" {
		return misused("invalid --time-zone %q: must be an IANA name such as Asia/Dubai", schedule.TimeZone)
	}
	return nil
}

func notApplied(schedule dispatch.Schedule, err error) error {
	var refused *dispatch.ScheduleError
	switch {
	case errors.As(err, &refused) && schedule.Cron != "":
		return misused("--cron %q: %w: say minute, hour, day of month, month and day of week, such as \"30 2 * * *\"", schedule.Cron, refused)
	case errors.As(err, &refused):
		return misused("--every %s: %w", schedule.Every, refused)
	default:
		return fmt.Errorf("apply the schedule: %w", err)
	}
}

func scheduleAction(use, short string, act func(*cobra.Command, *dispatch.Client) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return workflowsCommand(cmd, "schedule", func(_ *store.Store, w *dispatch.Client) error { return act(cmd, w) })
		},
	}
}

func showScheduleCommand() *cobra.Command {
	var format string
	show := scheduleAction("show", "Show the schedule, its last runs and its next", showSchedule)
	show.PreRunE = func(*cobra.Command, []string) error { return checkFormat(format, listFormats) }
	formatFlag(show, &format, listFormats...)
	return show
}

// makeSchedule says what to do without a schedule.
func makeSchedule(err error) error {
	if errors.Is(err, dispatch.ErrNoSchedule) {
		return fmt.Errorf("%w: make one with: starter schedule apply --cron \"30 2 * * *\"", err)
	}
	return err
}

func showSchedule(cmd *cobra.Command, w *dispatch.Client) error {
	stands, err := w.Schedule(cmd.Context())
	if err != nil {
		return makeSchedule(err)
	}
	if format := cmd.Flags().Lookup("format"); format != nil && format.Value.String() == "json" {
		return printScheduleJSON(cmd.OutOrStdout(), stands)
	}
	return printSchedule(cmd.OutOrStdout(), stands)
}

func printScheduleJSON(out io.Writer, stands dispatch.CurrentSchedule) error {
	o := stands.Options
	return printJSON(out, map[string]any{
		"paused": stands.Paused, "note": stands.Note, "cron": stands.Cron, "timeZone": stands.TimeZone, "everySeconds": stands.Every.Seconds(),
		"jitterSeconds": stands.Jitter.Seconds(), "lookbackDays": o.LookbackDays, "limit": o.Limit, "scope": o.Scope, "dryRun": o.DryRun,
		"started": stands.Runs, "skipped": stands.Skipped, "last": append([]string{}, stands.Last...), "next": append([]time.Time{}, stands.Next...),
	})
}

// shownRuns is how many runs of before, and to come, are shown.
const shownRuns = 3

func printSchedule(out io.Writer, stands dispatch.CurrentSchedule) error {
	state := "runs"
	if stands.Paused {
		state = "is paused (" + printable(stands.Note) + ")"
	}
	when := "every " + stands.Every.String()
	if stands.Every == 0 {
		when = fmt.Sprintf("at %q in %s", stands.Cron, stands.TimeZone)
	}
	text := fmt.Sprintf("the schedule %s: %s, up to %s later\n", state, when, stands.Jitter)
	o := stands.Options
	text += fmt.Sprintf("each looks back %d days, limit %d, scope %s, dry run %t; %d were started, %d skipped because another was running\n", o.LookbackDays, o.Limit,
		o.Scope, o.DryRun, stands.Runs, stands.Skipped)
	for _, id := range stands.Last[max(0, len(stands.Last)-shownRuns):] {
		text += "last: " + id + "\n"
	}
	for _, at := range stands.Next[:min(len(stands.Next), shownRuns)] {
		text += "next: " + at.UTC().Format(time.RFC3339) + "\n"
	}
	if len(stands.Next) == 0 {
		text += "next: never, no time fits\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

func pauseScheduleCommand() *cobra.Command {
	var note string
	pause := scheduleAction("pause", "Pause the schedule until schedule resume", func(cmd *cobra.Command, w *dispatch.Client) error {
		return changeSchedule(cmd, w, w.PauseSchedule, cmp.Or(note, "paused by an operator"))
	})
	pause.Flags().StringVar(&note, "note", "", "why")
	return pause
}

func resumeScheduleCommand() *cobra.Command {
	var note string
	resume := scheduleAction("resume", "Resume the schedule after a pause", func(cmd *cobra.Command, w *dispatch.Client) error {
		return changeSchedule(cmd, w, w.ResumeSchedule, cmp.Or(note, "resumed by an operator"))
	})
	resume.Flags().StringVar(&note, "note", "", "why")
	return resume
}

func changeSchedule(cmd *cobra.Command, w *dispatch.Client, change func(context.Context, string) error, note string) error {
	if err := change(cmd.Context(), note); err != nil {
		return makeSchedule(err)
	}
	return showSchedule(cmd, w)
}

const (
	// triggerLimit is how long the schedule may take to start a run.
	triggerLimit = 20 * time.Second
	triggerPace  = 100 * time.Millisecond
)

func triggerSchedule(cmd *cobra.Command, w *dispatch.Client) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), triggerLimit)
	defer cancel()
	id, err := trigger(ctx, w)
	if err != nil {
		return makeSchedule(err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s was started; follow it with: %s %s\n", id, followUse, id)
	return err
}

// trigger has the schedule start a run, and waits for what comes of it: the run, or an error because another is running.
func trigger(ctx context.Context, w *dispatch.Client) (string, error) {
	before, err := w.Schedule(ctx)
	if err == nil {
		err = w.TriggerSchedule(ctx)
	}
	for err == nil {
		var stands dispatch.CurrentSchedule
		stands, err = w.Schedule(ctx)
		switch {
		case err != nil:
		case stands.Runs > before.Runs && len(stands.Last) > 0:
			return stands.Last[len(stands.Last)-1], nil
		case stands.Skipped > before.Skipped:
			return "", errors.New("no run was started: the one before is still running, see schedule show")
		default:
			err = wait.For(ctx, triggerPace)
		}
	}
	return "", err
}
