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
		Short: "Prepare Temporal: namespace, search attributes, schedule of reconciliation",
		Long: "Creates the namespace with a retention of 30 days, registers the search attributes BookingReference, BookingStatus and " +
			"PaymentIntentId, " +
			"waits until they can be used, and creates the schedule of reconciliation from RECONCILE_SCHEDULE. It creates only what is missing: " +
			"running it again changes nothing. On Temporal Cloud, create the namespace in its console first, and add the three attributes as " +
			"Keyword.",
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
	setup.Flags().BoolVar(&noSchedule, "no-schedule", false, "do not create the schedule of reconciliation")
	return setup
}

// Setup prepares the Temporal namespace of cfg. It creates only what is missing, so that it can be repeated.
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
	if err := ensureRetention(ctx, dispatchOf(temporal, cfg), log); err != nil {
		return err
	}
	return ensureSchedule(ctx, dispatchOf(temporal, cfg), cfg.Reconcile, log)
}

// retention is how long Temporal keeps the history of a workflow that has ended.
const retention = 30 * 24 * time.Hour

func ensureNamespace(ctx context.Context, temporal client.Client, namespace string, log *slog.Logger) error {
	known, err := temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	var missing *serviceerror.NamespaceNotFound
	if errors.As(err, &missing) {
		return makeNamespace(ctx, temporal, namespace, log)
	}
	if err != nil {
		return fmt.Errorf("TEMPORAL_ADDRESS: read namespace %q: %w", namespace, err)
	}
	if kept := known.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); kept < retention {
		log.Warn("namespace keeps histories for less than 30 days: change it with `temporal operator namespace update --retention 30d`",
			"namespace", namespace, "retention", kept)
	}
	return nil
}

func makeNamespace(ctx context.Context, temporal client.Client, namespace string, log *slog.Logger) error {
	_, err := temporal.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(retention), Description: "Farebook",
	})
	var exists *serviceerror.NamespaceAlreadyExists // a concurrent setup was first
	var invalid *serviceerror.InvalidArgument
	switch {
	case errors.As(err, &invalid):
		return misused("invalid TEMPORAL_NAMESPACE %q: %w", namespace, err)
	case err != nil && !errors.As(err, &exists):
		return fmt.Errorf("namespace %q does not exist and cannot be created: %w (on Temporal Cloud, create it in the console)", namespace, err)
	}
	log.Info("namespace created", "namespace", namespace, "retention", retention)
	return nil
}

// registerSearchAttributes adds missing attributes, and fails when one has another type.
func registerSearchAttributes(ctx context.Context, temporal client.Client, namespace string, log *slog.Logger) error {
	operator := temporal.OperatorService()
	var known *operatorservice.ListSearchAttributesResponse
	err := retryUntilUsable(ctx, func() (err error) { // parts of the server may not know a new namespace yet
		known, err = operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
		return err
	})
	if err != nil {
		return fmt.Errorf("list search attributes: %w (on Temporal Cloud, add them in the console)", err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for _, name := range dispatch.SearchAttributes() {
		kind, exists := known.GetCustomAttributes()[name]
		switch {
		case !exists:
			missing[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
		case kind != enumspb.INDEXED_VALUE_TYPE_KEYWORD:
			return fmt.Errorf("search attribute %s has the type %s and has to be Keyword: remove it, or use another namespace", name, kind)
		}
	}
	if len(missing) == 0 {
		log.Info("search attributes are already registered", "namespace", namespace)
		return nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	var exists *serviceerror.AlreadyExists // a concurrent setup was first
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("register search attributes: %w", err)
	}
	log.Info("search attributes registered", "namespace", namespace, "count", len(missing))
	return nil
}

// awaitUsable waits until a workflow can be started and searched for: a new namespace and new attributes reach all parts of Temporal
// within some seconds.
func awaitUsable(ctx context.Context, dispatcher *dispatch.Client) error {
	if err := retryUntilUsable(ctx, func() error { return dispatcher.CheckNamespace(ctx) }); err != nil {
		return fmt.Errorf("namespace and search attributes exist but cannot be used yet: %w", err)
	}
	return nil
}

const (
	// usableLimit is above the minute for which Temporal caches search attributes.
	usableLimit = 90 * time.Second
	usablePace  = 500 * time.Millisecond
)

// retryUntilUsable repeats a call that fails while a new namespace or attribute is not known everywhere.
func retryUntilUsable(ctx context.Context, do func() error) error {
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

// ensureSealing creates the schedule that seals the ledger if it does not exist.
func ensureSealing(ctx context.Context, dispatcher *dispatch.Client, log *slog.Logger) error {
	made, err := dispatcher.EnsureSealing(ctx)
	if err != nil {
		return fmt.Errorf("create the schedule that seals the ledger: %w", err)
	}
	if made {
		log.Info("the ledger is sealed on a schedule", "schedule", dispatcher.SealScheduleID())
	}
	return nil
}

// ensureRetention creates the schedule that empties what is older than its period if it does not exist.
func ensureRetention(ctx context.Context, dispatcher *dispatch.Client, log *slog.Logger) error {
	made, err := dispatcher.EnsureRetention(ctx)
	if err != nil {
		return fmt.Errorf("create the schedule of retention: %w", err)
	}
	if made {
		log.Info("what is older than the periods of RETENTION is emptied every night", "schedule", dispatcher.RetentionScheduleID())
	}
	return nil
}

// ensureSchedule creates the schedule of reconciliation. An existing schedule is not changed.
func ensureSchedule(ctx context.Context, dispatcher *dispatch.Client, cfg config.Reconcile, log *slog.Logger) error {
	if cfg.Schedule == "" {
		log.Info("schedule of reconciliation not created, as configured: create one with `starter schedule apply`")
		return nil
	}
	_, err := dispatcher.Schedule(ctx)
	if err == nil {
		log.Info("schedule of reconciliation already exists")
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
	err = dispatcher.ApplySchedule(ctx, schedule)
	var refused *dispatch.ScheduleError
	switch {
	case errors.As(err, &refused):
		return misused("invalid RECONCILE_SCHEDULE %q: %w", cfg.Schedule, refused)
	case err != nil:
		return fmt.Errorf("create the schedule of reconciliation: %w", err)
	}
	log.Info("schedule of reconciliation created", "cron", cfg.Schedule, "timeZone", cfg.TimeZone)
	return warnOfGap(ctx, dispatcher, schedule, clock.System{}.Now(), func(text string) { log.Warn(text) })
}
