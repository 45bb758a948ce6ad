package metrics

import (
	"fmt"

	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// temporalLabels are the tags of Temporal's SDK that become labels. Each has a closed set of values: names of workflow and activity
// types, task queues and operations. Other tags are dropped, because a later SDK may add one with an id.
var temporalLabels = []string{
	"namespace", "task_queue", "worker_type", "workflow_type", "activity_type", "operation", "poller_type", "status_code", "failure_reason",
}

// seconds are the buckets for what takes between some milliseconds and a minute.
var seconds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}

// Temporal returns the handler that Temporal's SDK reports its metrics to.
func (r *Registry) Temporal() (client.MetricsHandler, error) {
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(r.prometheus), otelprometheus.WithoutScopeInfo(),
		otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("metrics of Temporal's SDK: %w", err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithView(
		sdkmetric.NewView(sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindHistogram}, sdkmetric.Stream{
			Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: seconds},
		}),
	))
	return &remembered{labels: temporalLabels, made: opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: provider.Meter("temporal-sdk-go"), UseMonotonicCounters: true, OnError: func(error) {},
	})}, nil
}
