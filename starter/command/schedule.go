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

	"farebook/starter/dispatch"
	"farebook/starter/recon"
	"farebook/store"
)

func scheduleCommand() *cobra.Command {
	return group("schedule", "Create, change and pause the schedule of reconciliation",
		"schedule apply, schedule show, schedule pause, schedule resume, or schedule trigger",
		applyScheduleCommand(), showScheduleCommand(),
		pauseScheduleCommand(), resumeScheduleCommand(),
		scheduleAction("trigger", "Start a run now, with the schedule's options", triggerSchedule))
}

func applyScheduleCommand() *cobra.Command {
	flags := &reconcileFlags{}
	var schedule dispatch.Schedule
	apply := &cobra.Command{
		Use:   "apply",
		Short: "Create or change the schedule",
		Long:  "A run is skipped while another one is running. A run that was missed by more than ten minutes is not made up.",
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
			return workflowsCommand(cmd, "schedule", func(books *store.Store, dispatcher *dispatch.Client) error {
				if err := dispatcher.ApplySchedule(cmd.Context(), schedule); err != nil {
					return notApplied(schedule, err)
				}
				if err := warnOfGap(cmd.Context(), dispatcher, schedule, books.Now(), func(text string) { cmd.PrintErrln(text) }); err != nil {
					return err
				}
				return showSchedule(cmd, dispatcher)
			})
		},
	}
	flags.add(apply)
	apply.Flags().StringVar(&schedule.Cron, "cron", "", "five fields, such as \"30 2 * * *\" for 02:30 every night")
	apply.Flags().DurationVar(&schedule.Every, "every", 0, "interval instead of --cron, such as 6h")
	apply.Flags().StringVar(&schedule.TimeZone, "time-zone", "UTC", "time zone of --cron, by its IANA name")
	apply.Flags().DurationVar(&schedule.Jitter, "jitter", usualJitter, "maximum random delay of a run, to spread the load on Stripe")
	return apply
}

const (
	// longestInterval is the longest look-back of a run, which has to cover the time between two runs.
	longestInterval = 400 * 24 * time.Hour
	longestJitter   = 24 * time.Hour
	usualJitter     = 5 * time.Minute
)

func checkSchedule(cmd *cobra.Command, schedule dispatch.Schedule) error {
	zoned := cmd.Flags().Changed("time-zone")
	switch {
	case (schedule.Cron == "") == (schedule.Every == 0):
		return misused("--cron or --every is required, and not both")
	case schedule.Cron == "" && (schedule.Every < time.Minute || schedule.Every > longestInterval):
		return misused("invalid --every %s: must be from 1m to %s", schedule.Every, longestInterval)
	case schedule.Cron == "" && zoned:
		return misused("--time-zone requires --cron: an interval has no time zone")
	case strings.Contains(schedule.Cron, "TZ="):
		return misused("invalid --cron %q: set the time zone with --time-zone", schedule.Cron)
	case schedule.Jitter < 0 || schedule.Jitter > longestJitter:
		return misused("invalid --jitter %s: must be from 0s to %s", schedule.Jitter, longestJitter)
	}
	// Go also accepts "" and "Local", the zone of this machine, which is not Temporal's.
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
		return misused("invalid --cron %q: %w: must be minute, hour, day of month, month and day of week, such as \"30 2 * * *\"", schedule.Cron,
			refused)
	case errors.As(err, &refused):
		return misused("invalid --every %s: %w", schedule.Every, refused)
	default:
		return fmt.Errorf("apply the schedule: %w", err)
	}
}

func scheduleAction(use, short string, act func(*cobra.Command, *dispatch.Client) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return workflowsCommand(cmd, "schedule", func(_ *store.Store, dispatcher *dispatch.Client) error { return act(cmd, dispatcher) })
		},
	}
}

func showScheduleCommand() *cobra.Command {
	var format string
	show := scheduleAction("show", "Show the schedule, its last runs and its next runs", showSchedule)
	show.PreRunE = func(*cobra.Command, []string) error { return checkFormat(format, shownFormats) }
	formatFlag(show, &format, shownFormats...)
	return show
}

// makeSchedule says how to create a schedule when there is none.
func makeSchedule(err error) error {
	if errors.Is(err, dispatch.ErrNoSchedule) {
		return fmt.Errorf("%w: create one with: starter schedule apply --cron \"30 2 * * *\"", err)
	}
	return err
}

func showSchedule(cmd *cobra.Command, dispatcher *dispatch.Client) error {
	stands, err := dispatcher.Schedule(cmd.Context())
	if err != nil {
		return makeSchedule(err)
	}
	if format := cmd.Flags().Lookup("output"); format != nil && format.Value.String() == "json" {
		return printJSON(cmd.OutOrStdout(), recon.ScheduleOf(stands))
	}
	return printSchedule(cmd.OutOrStdout(), stands)
}

// shownRuns is how many last and next runs are shown.
const shownRuns = 3

func printSchedule(out io.Writer, stands dispatch.CurrentSchedule) error {
	state := "active"
	if stands.Paused {
		state = "paused (" + printable(stands.Note) + ")"
	}
	when := "every " + stands.Every.String()
	if stands.Every == 0 {
		when = fmt.Sprintf("at %q in %s", stands.Cron, stands.TimeZone)
	}
	text := fmt.Sprintf("The schedule is %s: %s, up to %s later\n", state, when, stands.Jitter)
	o := stands.Options
	text += fmt.Sprintf("Each run covers the last %d days, limit %d, scope %s, dry run %t. Started %d, skipped %d because another was "+
		"running\n", o.LookbackDays, o.Limit,
		o.Scope, o.DryRun, stands.Runs, stands.Skipped)
	for _, id := range stands.Last[max(0, len(stands.Last)-shownRuns):] {
		text += "last: " + id + "\n"
	}
	for _, at := range stands.Next[:min(len(stands.Next), shownRuns)] {
		text += "next: " + at.UTC().Format(time.RFC3339) + "\n"
	}
	if len(stands.Next) == 0 {
		text += "next: never (no time matches)\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

func pauseScheduleCommand() *cobra.Command {
	var note string
	var off bool
	pause := scheduleAction("pause", "Pause the schedule until schedule resume", func(cmd *cobra.Command, dispatcher *dispatch.Client) error {
		if off {
			return changeSchedule(cmd, dispatcher, dispatcher.ResumeSchedule, cmp.Or(note, "resumed by an operator"))
		}
		return changeSchedule(cmd, dispatcher, dispatcher.PauseSchedule, cmp.Or(note, "paused by an operator"))
	})
	pause.Flags().StringVar(&note, "note", "", "why")
	pause.Flags().BoolVar(&off, "off", false, "resume the schedule: the former name of schedule resume")
	_ = pause.Flags().MarkDeprecated("off", "use schedule resume") // fails only for an unknown flag
	return pause
}

func resumeScheduleCommand() *cobra.Command {
	var note string
	resume := scheduleAction("resume", "Resume the schedule after a pause", func(cmd *cobra.Command, dispatcher *dispatch.Client) error {
		return changeSchedule(cmd, dispatcher, dispatcher.ResumeSchedule, cmp.Or(note, "resumed by an operator"))
	})
	resume.Flags().StringVar(&note, "note", "", "why")
	return resume
}

func changeSchedule(cmd *cobra.Command, dispatcher *dispatch.Client, change func(context.Context, string) error, note string) error {
	if err := change(cmd.Context(), note); err != nil {
		return makeSchedule(err)
	}
	return showSchedule(cmd, dispatcher)
}

// triggerLimit is how long the schedule may take to start a run.
const triggerLimit = 20 * time.Second

func triggerSchedule(cmd *cobra.Command, dispatcher *dispatch.Client) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), triggerLimit)
	defer cancel()
	id, err := recon.Trigger(ctx, dispatcher)
	if err != nil {
		return makeSchedule(err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "Started %s. Follow it with: %s %s\n", id, followUse, id)
	return err
}
