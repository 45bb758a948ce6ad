package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"farebook/internal/config"
	"farebook/workflows"
)

func setupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "setup",
		Short: "Check Temporal's namespace and register the search attributes",
		Long: "Checks that the namespace exists and registers what workflows are found by: BookingReference, BookingStatus and " +
			"PaymentIntentId. Running it again changes nothing. Temporal Cloud keeps search attributes in its own console: " +
			"add the three there, as Keyword.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := load(cmd.ErrOrStderr(), "setup", config.Temporal)
			if err != nil {
				return err
			}
			return Setup(cmd.Context(), cfg, log)
		},
	}
}

// Setup prepares the Temporal namespace of cfg. Harmless when repeated.
func Setup(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	temporal, err := dialTemporal(cfg, log)
	if err != nil {
		return err
	}
	defer temporal.Close()
	options, err := cfg.TemporalOptions()
	if err != nil {
		return err
	}
	namespace := options.Namespace
	if namespace == "" {
		namespace = client.DefaultNamespace
	}
	if err := checkNamespace(ctx, temporal, namespace); err != nil {
		return err
	}
	return registerSearchAttributes(ctx, temporal, namespace, log)
}

func checkNamespace(ctx context.Context, temporal client.Client, namespace string) error {
	_, err := temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	var missing *serviceerror.NamespaceNotFound
	if errors.As(err, &missing) {
		return misused("namespace %q does not exist: create it with `temporal operator namespace create %s`, or set TEMPORAL_NAMESPACE", namespace, namespace)
	}
	if err != nil {
		return fmt.Errorf("TEMPORAL_ADDRESS: the server does not describe namespace %q: %w", namespace, err)
	}
	return nil
}

// registerSearchAttributes adds those that are lacking, and refuses to go on with one of another type.
func registerSearchAttributes(ctx context.Context, temporal client.Client, namespace string, log *slog.Logger) error {
	operator := temporal.OperatorService()
	known, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("list search attributes: %w (on Temporal Cloud, add them in its console)", err)
	}
	lacking := map[string]enumspb.IndexedValueType{}
	for _, name := range searchAttributes() {
		kind, exists := known.GetCustomAttributes()[name]
		switch {
		case !exists:
			lacking[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
		case kind != enumspb.INDEXED_VALUE_TYPE_KEYWORD:
			return fmt.Errorf("search attribute %s exists as %s and has to be Keyword: remove it, or use another namespace", name, kind)
		}
	}
	if len(lacking) == 0 {
		log.Info("search attributes are registered already", "namespace", namespace)
		return nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: lacking})
	var exists *serviceerror.AlreadyExists // another setup was faster
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("register search attributes: %w", err)
	}
	log.Info("search attributes registered", "namespace", namespace, "count", len(lacking))
	return nil
}

func searchAttributes() []string {
	return []string{
		workflows.SearchBookingReference.GetName(),
		workflows.SearchBookingStatus.GetName(),
		workflows.SearchPaymentIntentID.GetName(),
	}
}
