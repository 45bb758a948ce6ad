package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/deployment"
	"farebook/internal/wait"
)

func deployCommand() *cobra.Command {
	return group("deploy", "Say which build of the worker gets new workflows",
		"deploy status, deploy promote [BUILD], deploy ramp BUILD PERCENT, or deploy rollback",
		deployStatusCommand(), promoteCommand(), rampCommand(), rollbackCommand())
}

// deployFlags are the flags of each deploy command.
type deployFlags struct{ name string }

func (f *deployFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "deployment", "", "name of the Worker Deployment; TEMPORAL_DEPLOYMENT_NAME if it is not given")
}

// on runs work on the deployment. own is the build of this program, under the deployment's name.
func (f *deployFlags) on(cmd *cobra.Command, work func(target deployment.Deployment, own deployment.Build) error) error {
	cfg, log, err := load(cmd.ErrOrStderr(), "deploy", config.Temporal)
	if err != nil {
		return err
	}
	name := cmp.Or(f.name, cfg.Build.Deployment)
	if name == "" {
		return misused("no deployment is named: set TEMPORAL_DEPLOYMENT_NAME as for the workers, or give --deployment")
	}
	temporal, err := dialTemporal(cfg, log)
	if err != nil {
		return err
	}
	defer temporal.Close()
	return work(dispatchOf(temporal, cfg).Deployment(name), deployment.Build{Deployment: name, ID: cfg.Build.ID})
}

func deployStatusCommand() *cobra.Command {
	flags, format := &deployFlags{}, ""
	status := &cobra.Command{
		Use:   "status",
		Short: "Show the builds of the worker, what each gets, and which may be stopped",
		Long: "Shows each build with its part of the new workflows, its workers, the open workflows that can run on it only (PINNED), and " +
			"whether its workers may be stopped. Exits with 1 when a build gets new workflows and has no worker: bookings then wait for one.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format, shownFormats); err != nil {
				return err
			}
			return flags.on(cmd, func(target deployment.Deployment, _ deployment.Build) error {
				return showDeployment(cmd, target, format)
			})
		},
	}
	flags.add(status)
	formatFlag(status, &format, shownFormats...)
	return status
}

func showDeployment(cmd *cobra.Command, target deployment.Deployment, format string) error {
	status, err := target.Read(cmd.Context())
	if err != nil {
		return err
	}
	if err := printDeployment(cmd.OutOrStdout(), status, format); err != nil {
		return err
	}
	for _, build := range status.Unattended() {
		say(cmd, "No worker of build %s polls, which gets %s of the new workflows: start one, or run starter deploy rollback\n",
			printable(build.Build.String()), routedShare(build.Percentage))
		err = ErrBroken
	}
	return err
}

func promoteCommand() *cobra.Command {
	flags, patience := &deployFlags{}, time.Duration(0)
	promote := &cobra.Command{
		Use:   "promote [BUILD]",
		Short: "Make a build current: it gets all new workflows",
		Long: "Makes a build current; without BUILD, that of this program. It gets all new workflows, and the open ones that are not pinned " +
			"continue on it. Pinned ones end on the build that began them: keep its workers until deploy status says that they may be stopped. " +
			"A ramp ends. BUILD unversioned stands for workers without TEMPORAL_DEPLOYMENT_NAME.\n\n" +
			"It refuses a build that no worker polls as, on both task queues. --wait waits for one.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if patience < 0 {
				return misused("invalid --wait %s: must not be negative", patience)
			}
			return flags.on(cmd, func(target deployment.Deployment, own deployment.Build) error {
				build, err := buildOf(target, own, args)
				if err != nil {
					return err
				}
				if err := promoteWithin(cmd.Context(), target, build, patience); err != nil {
					return err
				}
				return printText(cmd.OutOrStdout(), "Build %s is current and gets all new workflows.\n", build.String())
			})
		},
	}
	flags.add(promote)
	promote.Flags().DurationVar(&patience, "wait", 0, "how long to wait for a worker of the build, such as 5m")
	return promote
}

// buildOf is the build that an argument names; without one, that of this program.
func buildOf(target deployment.Deployment, own deployment.Build, args []string) (deployment.Build, error) {
	switch {
	case len(args) > 0 && args[0] == "":
		return deployment.Build{}, misused("invalid BUILD: must not be empty; starter deploy status shows the builds")
	case len(args) > 0:
		return deployment.Named(target.Name, args[0]), nil
	case own.ID == "":
		return deployment.Build{}, misused("BUILD is missing: TEMPORAL_DEPLOYMENT_NAME is not set here, so this program has no build id")
	}
	return own, nil
}

// promotePace is the pause between two attempts.
const promotePace = time.Second

// promoteWithin promotes a build, and tries again for as long as patience lasts while no worker polls as it.
func promoteWithin(ctx context.Context, target deployment.Deployment, build deployment.Build, patience time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := target.Promote(ctx, build)
		if !awaitsWorker(err) || wait.For(limited, promotePace) != nil {
			return err
		}
	}
}

// awaitsWorker reports whether a worker that starts makes a promotion possible.
func awaitsWorker(err error) bool {
	var unpolled *deployment.NotPolledError
	return errors.As(err, &unpolled) || errors.Is(err, deployment.ErrUnknown)
}

func rampCommand() *cobra.Command {
	flags := &deployFlags{}
	ramp := &cobra.Command{
		Use:   "ramp BUILD PERCENT",
		Short: "Send a part of the new workflows to a build",
		Long: "Sends PERCENT of the new workflows to a build, and with them the same part of the open ones that are not pinned. 0 ends the " +
			"ramp. It refuses a build that no worker polls as.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			percentage, err := strconv.ParseFloat(strings.TrimSuffix(args[1], "%"), 32)
			if err != nil || !(percentage >= 0 && percentage <= 100) {
				return misused("invalid PERCENT %q: must be from 0 to 100", args[1])
			}
			return flags.on(cmd, func(target deployment.Deployment, own deployment.Build) error {
				build, err := buildOf(target, own, args)
				if err != nil {
					return err
				}
				if err := target.Ramp(cmd.Context(), build, float32(percentage)); err != nil {
					return err
				}
				if percentage == 0 {
					return printText(cmd.OutOrStdout(), "The ramp has ended: the current build gets all new workflows.\n")
				}
				return printText(cmd.OutOrStdout(), "Build %s gets %s of the new workflows.\n", build.String(), routedShare(float32(percentage)))
			})
		},
	}
	flags.add(ramp)
	return ramp
}

func rollbackCommand() *cobra.Command {
	flags := &deployFlags{}
	rollback := &cobra.Command{
		Use:   "rollback",
		Short: "Make the build current that was current before",
		Long: "Makes the build current that was current before the last deploy promote. What the present build has begun and is pinned to it " +
			"still ends there: keep its workers. It refuses a build that no worker polls as. Running it again goes back one build more.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.on(cmd, func(target deployment.Deployment, _ deployment.Build) error {
				build, err := target.Rollback(cmd.Context())
				if err != nil {
					return err
				}
				return printText(cmd.OutOrStdout(), "Build %s is current again and gets all new workflows.\n", build.String())
			})
		},
	}
	flags.add(rollback)
	return rollback
}

func routedShare(percentage float32) string { return fmt.Sprintf("%g %%", percentage) }
