package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/config"
)

func TestTelemetryIsChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, variable, value, says string }{
		{"clear text to another host", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318", "name the host in PLAINTEXT_HOSTS"},
		{"clear text for traces alone", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector/v1/traces", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"},
		{"an endpoint without a scheme", "OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "write it as http://host:port"},
		{"a console", "OTEL_TRACES_EXPORTER", "console", "set it to otlp or none"},
		{"an unknown sampler", "OTEL_TRACES_SAMPLER", "sometimes", "set it to one of always_on"},
		{"a header without a value", "OTEL_EXPORTER_OTLP_HEADERS", "canaryKey", "OTEL_EXPORTER_OTLP_HEADERS cannot be read: write NAME=value"},
		{"a share above all", "OTEL_TRACES_SAMPLER_ARG", "5", "a share from 0 to 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := config.LoadFrom(with(c.variable, c.value))
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "canary")
		})
	}
	vars := production()
	vars["OTEL_EXPORTER_OTLP_ENDPOINT"], vars["OTEL_EXPORTER_OTLP_PROTOCOL"] = "https://collector:4318", "json"
	_, _, err := config.LoadFrom(lines(vars))
	require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_PROTOCOL is \"json\"")
	cfg, _, err := config.LoadFrom(with("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318"))
	require.NoError(t, err)
	require.True(t, cfg.Telemetry.Traces.On)
	cfg, _, err = config.LoadFrom(with("OTEL_SERVICE_NAME", "farebook"))
	require.NoError(t, err)
	require.False(t, cfg.Telemetry.Traces.On)
}
