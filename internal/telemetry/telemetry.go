// Package telemetry sends traces and figures of Go's runtime over OTLP, as OpenTelemetry's environment variables say. Programs start it
// once and stop it last. Without these variables it starts nothing and connects to nothing. What leaves the process is cleaned: attributes
// outside of a closed set are dropped, and secrets, mail addresses and card numbers are redacted. It imports internal/logging,
// internal/tracing and internal/version.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"farebook/internal/tracing"
	"farebook/internal/version"
)

// flushTimeout bounds what a process waits at its end for a collector: the chart's 45 s, less 5 s before the signal and 35 s for requests
// in progress, leave 5 s.
const flushTimeout = 3 * time.Second

// Start begins to send what the settings say, under the name of a service unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES names
// another. stop sends what is left and may be called more than once.
func Start(ctx context.Context, service string, s Settings, log *slog.Logger) (stop func(), err error) {
	if !s.Traces.On && !s.Metrics.On {
		return func() {}, nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		log.Warn("OpenTelemetry reports an error", "error", err)
	}))
	unsetEmpty()
	of, err := resourceOf(ctx, service)
	if err != nil {
		return nil, err
	}
	var ends []func(context.Context) error
	if s.Traces.On {
		end, err := startTraces(ctx, s, of, log)
		if err != nil {
			return nil, err
		}
		ends = append(ends, end)
	}
	if s.Metrics.On {
		end, err := startMetrics(ctx, s, of, log)
		if err != nil {
			return nil, err
		}
		ends = append(ends, end)
	}
	return sync.OnceFunc(func() { flush(ctx, ends, log) }), nil
}

// unsetEmpty removes OpenTelemetry's variables without a value, which deployment files leave behind: the SDK takes them for unknown values.
func unsetEmpty() {
	for _, line := range os.Environ() {
		name, value, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, "OTEL_") && strings.TrimSpace(value) == "" {
			_ = os.Unsetenv(name) // which fails for no name that the environment has
		}
	}
}

// flush ends all at once, so that they share the time.
func flush(ctx context.Context, ends []func(context.Context) error, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	var group sync.WaitGroup
	for _, end := range ends {
		group.Go(func() {
			if err := end(ctx); err != nil {
				log.Warn("the last traces or metrics were not sent", "error", err)
			}
		})
	}
	group.Wait()
}

// resourceOf describes the process. Its arguments and the name of its user are left out.
func resourceOf(ctx context.Context, service string) (*resource.Resource, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	built, commit, _ := version.Parts()
	of, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", service), attribute.String("service.version", built+"+"+commit),
		attribute.String("service.instance.id", fmt.Sprintf("%s-%d", host, os.Getpid())),
	), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	return of, nil
}

// startTraces leaves endpoint, certificates, time-outs, batches, limits and the sampler to OpenTelemetry's reading of the environment.
func startTraces(ctx context.Context, s Settings, of *resource.Resource, log *slog.Logger) (func(context.Context) error, error) {
	link, err := connect(ctx, "traces", s.Headers, log, func(ctx context.Context, headers map[string]string) (sdktrace.SpanExporter, error) {
		if s.Traces.Protocol == ProtocolGRPC {
			return otlptracegrpc.New(ctx, given(headers, otlptracegrpc.WithHeaders)...)
		}
		return otlptracehttp.New(ctx, given(headers, otlptracehttp.WithHeaders)...)
	})
	if err != nil {
		return nil, err
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(cleaned{spans{link}}), sdktrace.WithResource(of),
		sdktrace.WithIDGenerator(tracing.IDs{}))
	tracing.Use(provider)
	return provider.Shutdown, nil
}

func startMetrics(ctx context.Context, s Settings, of *resource.Resource, log *slog.Logger) (func(context.Context) error, error) {
	link, err := connect(ctx, "metrics", s.Headers, log, func(ctx context.Context, headers map[string]string) (sdkmetric.Exporter, error) {
		if s.Metrics.Protocol == ProtocolGRPC {
			return otlpmetricgrpc.New(ctx, given(headers, otlpmetricgrpc.WithHeaders)...)
		}
		return otlpmetrichttp.New(ctx, given(headers, otlpmetrichttp.WithHeaders)...)
	})
	if err != nil {
		return nil, err
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(figures{link})), sdkmetric.WithResource(of))
	if err := runtime.Start(runtime.WithMeterProvider(provider)); err != nil {
		return nil, errors.Join(fmt.Errorf("metrics of Go's runtime: %w", err), provider.Shutdown(ctx))
	}
	return provider.Shutdown, nil
}

// given are the options for headers. Without headers there are none, which leaves them to the environment.
func given[O any](headers map[string]string, option func(map[string]string) O) []O {
	if headers == nil {
		return nil
	}
	return []O{option(headers)}
}
