package dispatch

import (
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"

	"farebook/internal/correlation"
	"farebook/internal/logging"
	"farebook/internal/tracing"
	"farebook/workflows"
)

// Dial returns a client of Temporal that carries correlation ids, records spans and writes to log. It does not wait for an answer of the
// server. The SDK reports its own metrics to measures; nil drops them.
func Dial(options client.Options, measures client.MetricsHandler, log *slog.Logger) (client.Client, error) {
	options.MetricsHandler = measures
	options.Logger = logging.Temporal(log, workflows.RunOf)
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions,
		grpc.WithChainUnaryInterceptor(recordGrant, reportLate))
	options.ContextPropagators = []workflow.ContextPropagator{correlation.Propagator()}
	traced, err := tracing.Interceptors()
	if err != nil {
		return nil, fmt.Errorf("tracing of Temporal: %w", err)
	}
	options.Interceptors = traced
	dialled, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("configuration of Temporal: %w", err)
	}
	return dialled, nil
}
