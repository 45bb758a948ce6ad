package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/wait"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
)

func setupCommand() *cobra.Command {
	var noSchedule bool
	setup := &cobra.Command{
		Use:   "setup",
		Short: "Prepare Temporal: namespace, search attributes, the schedule of reconciliation",
		Long: "Makes the namespace where it is missing, with a retention of 30 days, registers what workflows are found by (BookingReference, " +
			"BookingStatus and PaymentIntentId), waits until both can be used, and makes the schedule of reconciliation from RECONCILE_SCHEDULE " +
			"where there is none. Running it again changes nothing. Temporal Cloud keeps namespaces and search attributes in its own console: " +
			"make the namespace there, and add the three attributes as Keyword.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := load(cmd.ErrOrStderr(), "setup", config.Temporal)
			if err != nil {
				return err
			}
			if noSchedule {
				cfg.Reconcile.Schedule = ""
			}
			return Setup(cmd.Context(), cfg, log)
		},
	}
	setup.Flags().BoolVar(&noSchedule, "no-schedule", false, "make no schedule of reconciliation")
	return setup
}

// Setup prepares the Temporal namespace of cfg. Harmless when repeated: it makes only what is missing.
func Setup(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	temporal, err := dialTemporal(cfg, log)
	if err != nil {
		return err
	}
	defer temporal.Close()
	namespace := namespaceOf(cfg)
	if err := ensureNamespace(ctx, temporal, namespace, log); err != nil {
		return err
	}
	if err := registerSearchAttributes(ctx, temporal, namespace, log); err != nil {
		return err
	}
	if err := awaitUsable(ctx, dispatchOf(temporal, cfg)); err != nil {
		return err
	}
	if err := ensureSealing(ctx, dispatchOf(temporal, cfg), log); err != nil {
		return err
	}
	return ensureSchedule(ctx, dispatchOf(temporal, cfg), cfg.Reconcile, log)
}

// retention is how long Temporal keeps the history of a workflow that has ended: as long as an operator may ask about it.
const retention = 30 * 24 * time.Hour

func ensureNamespace(ctx context.Context, temporal client.Client, namespace string, log *slog.Logger) error {
	known, err := temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	var missing *serviceerror.NamespaceNotFound
	if errors.As(err, &missing) {
		return makeNamespace(ctx, temporal, namespace, log)
	}
	if err != nil {
		return fmt.Errorf("TEMPORAL_ADDRESS: the server does not describe namespace %q: %w", namespace, err)
	}
	if kept := known.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); kept < retention {
		log.Warn("the namespace keeps histories for less than 30 days: change it with `temporal operator namespace update --retention 30d`",
			"namespace", namespace, "retention", kept)
	}
	return nil
}

func makeNamespace(ctx context.Context, temporal client.Client, namespace string, log *slog.Logger) error {
	_, err := temporal.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(retention), Description: "Farebook",
	})
	var exists *serviceerror.NamespaceAlreadyExists // another setup was faster
	var invalid *serviceerror.InvalidArgument
	switch {
	case errors.As(err, &invalid):
		return misused("TEMPORAL_NAMESPACE is %q, which Temporal does not take: %w", namespace, err)
	case err != nil && !errors.As(err, &exists):
		return fmt.Errorf("namespace %q does not exist and cannot be made: %w (on Temporal Cloud, make it in its console)", namespace, err)
	}
	log.Info("namespace made", "namespace", namespace, "retention", retention)
	return nil
}

// registerSearchAttributes adds those that are missing, and refuses to continue with one of another type.
func registerSearchAttributes(ctx context.Context, temporal client.Client, namespace string, log *slog.Logger) error {
	operator := temporal.OperatorService()
	var known *operatorservice.ListSearchAttributesResponse
	err := soon(ctx, func() (err error) { // a namespace that was just made is not known to every part of the server yet
		known, err = operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
		return err
	})
	if err != nil {
		return fmt.Errorf("list search attributes: %w (on Temporal Cloud, add them in its console)", err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for _, name := range dispatch.SearchAttributes() {
		kind, exists := known.GetCustomAttributes()[name]
		switch {
		case !exists:
			missing[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
		case kind != enumspb.INDEXED_VALUE_TYPE_KEYWORD:
			return fmt.Errorf("search attribute %s exists as %s and has to be Keyword: remove it, or use another namespace", name, kind)
		}
	}
	if len(missing) == 0 {
		log.Info("search attributes are registered already", "namespace", namespace)
		return nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	var exists *serviceerror.AlreadyExists // another setup was faster
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("register search attributes: %w", err)
	}
	log.Info("search attributes registered", "namespace", namespace, "count", len(missing))
	return nil
}

// awaitUsable waits until a workflow can be started and searched for: Temporal tells its parts of a new namespace and new attributes
// within some seconds.
func awaitUsable(ctx context.Context, w *dispatch.Client) error {
	if err := soon(ctx, func() error { return w.CheckNamespace(ctx) }); err != nil {
		return fmt.Errorf("namespace and search attributes are made and cannot be used yet: %w", err)
	}
	return nil
}

const (
	// usableLimit is above the minute for which Temporal keeps what it knew of search attributes.
	usableLimit = 90 * time.Second
	usablePace  = 500 * time.Millisecond
)

// soon repeats what namespaces and attributes that were just made may refuse for some time.
func soon(ctx context.Context, do func() error) error {
	limited, cancel := context.WithTimeout(ctx, usableLimit)
	defer cancel()
	for {
		err := do()
		var unknown *serviceerror.NamespaceNotFound
		var invalid *serviceerror.InvalidArgument
		if !errors.As(err, &unknown) && !errors.As(err, &invalid) {
			return err
		}
		if ended := wait.For(limited, usablePace); ended != nil {
			return errors.Join(err, ctx.Err())
		}
	}
}

// ensureSealing creates the schedule that seals the ledger where there is none.
func ensureSealing(ctx context.Context, w *dispatch.Client, log *slog.Logger) error {
	made, err := w.EnsureSealing(ctx)
	if err != nil {
		return fmt.Errorf("create the schedule that seals the ledger: %w", err)
	}
	if made {
		log.Info("the ledger is sealed on a schedule", "schedule", w.SealScheduleID())
	}
	return nil
}

// ensureSchedule makes the schedule of reconciliation where there is none. One that an operator has applied is left as it is.
func ensureSchedule(ctx context.Context, w *dispatch.Client, cfg config.Reconcile, log *slog.Logger) error {
	if cfg.Schedule == "" {
		log.Info("no schedule of reconciliation is made, as asked for: make one with `starter schedule apply`")
		return nil
	}
	_, err := w.Schedule(ctx)
	if err == nil {
		log.Info("reconciliation has a schedule already")
		return nil
	}
	if !errors.Is(err, dispatch.ErrNoSchedule) {
		return fmt.Errorf("read the schedule of reconciliation: %w", err)
	}
	schedule := dispatch.Schedule{
		Cron: cfg.Schedule, TimeZone: cfg.TimeZone, Jitter: usualJitter,
		Options: reconciliation.Options{
			LookbackDays: reconciliation.DefaultLookbackDays, Limit: reconciliation.DefaultLimit,
			Scope: reconciliation.ScopeAll,
		},
	}
	err = w.ApplySchedule(ctx, schedule)
	var refused *dispatch.ScheduleError
	switch {
	case errors.As(err, &refused):
		return misused("RECONCILE_SCHEDULE is %q: %w", cfg.Schedule, refused)
	case err != nil:
		return fmt.Errorf("make the schedule of reconciliation: %w", err)
	}
	log.Info("reconciliation has a schedule", "cron", cfg.Schedule, "timeZone", cfg.TimeZone)
	return warnOfGap(ctx, w, schedule, clock.System{}.Now(), func(text string) { log.Warn(text) })
}
