package command

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"farebook/internal/correlation"
	"farebook/internal/logging"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
	"farebook/starter/recon"
	"farebook/store"
	runs "farebook/store/recon"
	"farebook/validation"
)

// reconcileFlags are the flags of a run.
type reconcileFlags struct {
	options reconciliation.Options
	scope   string
	apply   string
	wait    bool
	format  string
}

func (f *reconcileFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.options.LookbackDays, "lookback-days", reconciliation.DefaultLookbackDays, "days to look back")
	cmd.Flags().IntVar(&f.options.Limit, "limit", reconciliation.DefaultLimit, "maximum number of open payments; 0 for all")
	cmd.Flags().BoolVar(&f.options.DryRun, "dry-run", false, "write a report with a plan, and change nothing else")
	cmd.Flags().StringVar(&f.scope, "scope", string(reconciliation.ScopeAll), "what to compare: payments, ledger, payouts or all")
	completeFlag(cmd, "scope", "payments", "ledger", "payouts", "all")
}

func (f *reconcileFlags) read() (reconciliation.Options, error) {
	f.options.Scope = reconciliation.Scope(f.scope)
	var wrong validation.FieldErrors
	if err := f.options.Validate(); errors.As(err, &wrong) {
		names := map[string]string{"lookbackDays": "--lookback-days", "limit": "--limit", "scope": "--scope"}
		return f.options, misused("%s %s: %s", names[wrong[0].Field], wrong[0].Problem, wrong[0].Fix)
	}
	return f.options, nil
}

// checkApply refuses an empty --apply, which would heal whatever the run finds, and flags whose values are part of the plan.
func (f *reconcileFlags) checkApply(cmd *cobra.Command) error {
	if !cmd.Flags().Changed("apply") {
		return nil
	}
	if f.apply == "" {
		return misused("--apply is empty: name the dry run (recon_...) whose plan to carry out")
	}
	for _, name := range []string{"dry-run", "lookback-days", "limit", "scope"} {
		if cmd.Flags().Changed(name) {
			return misused("--%s cannot be combined with --apply: a plan is carried out as it was written", name)
		}
	}
	return nil
}

func reconcileCommand() *cobra.Command {
	flags := &reconcileFlags{}
	reconcile := &cobra.Command{
		Use:   "reconcile",
		Short: "Compare the books with Stripe, explain each difference, and heal what is safe to heal",
		Long: "Starts a reconciliation and follows it. Ctrl-C stops following; the run continues. With --dry-run it only writes a plan; " +
			"--apply RUN carries out exactly that plan. Exits with 1 when differences are left, or when the run has failed.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options, err := flags.read()
			if err != nil {
				return err
			}
			if err := checkFormat(flags.format, runFormats); err != nil {
				return err
			}
			if err := flags.checkApply(cmd); err != nil {
				return err
			}
			return workflowsCommand(cmd, logging.Reconciliation, func(books *store.Store, dispatcher *dispatch.Client) error {
				return startRun(cmd, books, dispatcher, options, flags)
			})
		},
	}
	flags.add(reconcile)
	reconcile.Flags().StringVar(&flags.apply, "apply", "", "carry out the plan of this dry run, and nothing else")
	reconcile.Flags().BoolVar(&flags.wait, "wait", true, "follow the run to its end")
	formatFlag(reconcile, &flags.format, runFormats...)
	reconcile.AddCommand(followRunCommand(), showRunCommand(), resolveItemCommand(), reopenItemCommand())
	return reconcile
}

// ErrDifferences says that differences are not healed; the report of the run lists them.
var ErrDifferences = errors.New("differences are left")

func startRun(cmd *cobra.Command, books *store.Store, dispatcher *dispatch.Client, options reconciliation.Options,
	flags *reconcileFlags,
) error {
	ctx := cmd.Context()
	if flags.apply != "" {
		planned, err := recon.Plan(ctx, books, flags.apply)
		var noPlan *recon.NoPlanError
		switch {
		case errors.Is(err, store.ErrNotFound):
			return fmt.Errorf("--apply: no run has the id %q", flags.apply)
		case errors.As(err, &noPlan):
			return fmt.Errorf("--apply: %w", err)
		case err != nil:
			return err
		}
		options = planned
	}
	id := dispatch.NewRunID()
	ctx = correlation.With(ctx, id)
	cmd.SetContext(ctx)
	entry := store.AuditEntry{
		Actor: actor(ctx), Action: store.ActionReconcile, Subject: id, Detail: recon.Describe(options), DedupeKey: "run/" + id,
	}
	if flags.apply != "" {
		entry.Action, entry.Detail = store.ActionPlanApply, "the plan of "+flags.apply
	}
	if err := books.Audit(ctx, entry); err != nil {
		return err
	}
	if err := recon.Start(ctx, books, dispatcher, id, options, flags.apply); err != nil {
		return fmt.Errorf("start the reconciliation: %w", err)
	}
	if !flags.wait {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "Started %s. Follow it with: %s %s\n", id, followUse, id)
		return err
	}
	return followToTheEnd(cmd, books, dispatcher, id, flags.format)
}

func showRunCommand() *cobra.Command {
	var format string
	show := &cobra.Command{
		Use:   "show RUN",
		Short: "Show a run (recon_...) with all its items",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format, runFormats); err != nil {
				return err
			}
			return booksCommand(cmd, logging.Reconciliation, func(books *store.Store) error {
				run, err := runs.New(books).Run(cmd.Context(), args[0])
				if err != nil {
					return noSuchRun(args[0], err)
				}
				_, err = printRun(cmd.Context(), cmd.OutOrStdout(), books, run, format)
				return err
			})
		},
	}
	formatFlag(show, &format, runFormats...)
	return show
}

func noSuchRun(id string, err error) error {
	return orMissing(err, "no reconciliation has the id %q", id)
}
