package command

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"farebook/store"
	"farebook/workflows"
)

func scheduleCommand() *cobra.Command {
	return group("schedule", "When reconciliation runs by itself", "schedule apply, schedule show, schedule pause, or schedule trigger",
		applyScheduleCommand(), scheduleAction("show", "Show the schedule, its next runs and its last", showSchedule),
		pauseScheduleCommand(), scheduleAction("trigger", "Start a run now, as the schedule would", triggerSchedule))
}

func applyScheduleCommand() *cobra.Command {
	flags := &reconcileFlags{}
	var schedule workflows.Schedule
	apply := &cobra.Command{
		Use:   "apply",
		Short: "Make the schedule, or change it",
		Long:  "A run that is due while one goes on is skipped; one that was missed by more than ten minutes is left to the next.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options, err := flags.read()
			if err != nil {
				return err
			}
			schedule.Options = options
			if (schedule.Cron == "") == (schedule.Every == 0) {
				return errors.New("--cron or --every: give one of them")
			}
			if schedule.Every != 0 && schedule.Every < time.Minute {
				return errors.New("--every: a minute or more")
			}
			if _, err := time.LoadLocation(schedule.TimeZone); err != nil {
				return fmt.Errorf("--time-zone: %q is none: say an IANA name such as Asia/Dubai", schedule.TimeZone)
			}
			return messagingCommand(cmd, "schedule", func(_ *store.Store, w *workflows.Client, _ *slog.Logger) error {
				if err := w.ApplySchedule(cmd.Context(), schedule); err != nil {
					return fmt.Errorf("apply the schedule: %w", err)
				}
				return showSchedule(cmd, w)
			})
		},
	}
	flags.add(apply)
	apply.Flags().StringVar(&schedule.Cron, "cron", "", "five fields: \"30 2 * * *\" for half past two every night")
	apply.Flags().DurationVar(&schedule.Every, "every", 0, "an interval instead: 6h")
	apply.Flags().StringVar(&schedule.TimeZone, "time-zone", "UTC", "of --cron, an IANA name")
	apply.Flags().DurationVar(&schedule.Jitter, "jitter", 5*time.Minute, "by how much a run may be late, so that not everybody asks Stripe at once")
	return apply
}

func scheduleAction(use, short string, act func(*cobra.Command, *workflows.Client) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return messagingCommand(cmd, "schedule", func(_ *store.Store, w *workflows.Client, _ *slog.Logger) error { return act(cmd, w) })
		},
	}
}

func showSchedule(cmd *cobra.Command, w *workflows.Client) error {
	found, err := w.ScheduleHandle(cmd.Context()).Describe(cmd.Context())
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return errors.New("there is no schedule yet: make one with schedule apply")
	}
	if err != nil {
		return fmt.Errorf("ask Temporal for the schedule: %w", err)
	}
	state := "runs"
	if found.Schedule.State.Paused {
		state = "is paused: " + found.Schedule.State.Note
	}
	out := cmd.OutOrStdout()
	if _, err := fmt.Fprintf(out, "the schedule %s; made %d runs, skipped %d for overlap\n", state, found.Info.NumActions, found.Info.NumActionsSkippedOverlap); err != nil {
		return err
	}
	for i, at := range found.Info.NextActionTimes {
		if i == 3 {
			break
		}
		if _, err := fmt.Fprintf(out, "next: %s\n", at.UTC().Format(time.RFC3339)); err != nil {
			return err
		}
	}
	return nil
}

func pauseScheduleCommand() *cobra.Command {
	var resume bool
	var note string
	pause := scheduleAction("pause", "Pause the schedule, or let it go on with --off", func(cmd *cobra.Command, w *workflows.Client) error {
		handle := w.ScheduleHandle(cmd.Context())
		var err error
		if resume {
			err = handle.Unpause(cmd.Context(), client.ScheduleUnpauseOptions{Note: note})
		} else {
			err = handle.Pause(cmd.Context(), client.SchedulePauseOptions{Note: note})
		}
		return errors.Join(err, showSchedule(cmd, w))
	})
	pause.Flags().BoolVar(&resume, "off", false, "let it go on")
	pause.Flags().StringVar(&note, "note", "paused by an operator", "why")
	return pause
}

func triggerSchedule(cmd *cobra.Command, w *workflows.Client) error {
	if err := w.ScheduleHandle(cmd.Context()).Trigger(cmd.Context(), client.ScheduleTriggerOptions{}); err != nil {
		return fmt.Errorf("trigger: %w", err)
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), "a run was started")
	return err
}
