package config

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"farebook/internal/telemetry"
)

// otlpHeaders holds what identifies Farebook to a collector, such as an API key.
const otlpHeaders = "OTEL_EXPORTER_OTLP_HEADERS"

// telemetryVariables are read by OpenTelemetry (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables). It reads
// further ones; these decide whether and what is sent, and are checked.
var telemetryVariables = []Variable{
	{"OTEL_EXPORTER_OTLP_ENDPOINT", "", `address of an OpenTelemetry collector, such as http://collector:4318. Nothing is recorded or sent until this or another endpoint is set. See docs/tracing.md`},
	{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", `full address for traces alone, such as http://collector:4318/v1/traces`},
	{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "", `full address for metrics of Go's runtime alone, such as http://collector:4318/v1/metrics`},
	{"OTEL_EXPORTER_OTLP_PROTOCOL", telemetry.ProtocolHTTP, `http/protobuf or grpc; OTEL_EXPORTER_OTLP_TRACES_PROTOCOL and OTEL_EXPORTER_OTLP_METRICS_PROTOCOL set it for one signal`},
	{otlpHeaders, "", `headers for the collector, NAME=value separated by commas, with values in percent-encoding: api-key=secret. Like any secret, it can be in a file`},
	{"OTEL_TRACES_EXPORTER", "", `otlp sends traces, to this machine if no endpoint is set; none sends no traces`},
	{"OTEL_METRICS_EXPORTER", "", `the same for metrics of Go's runtime`},
	{"OTEL_TRACES_SAMPLER", "parentbased_always_on", `which traces are recorded: always_on, always_off, traceidratio, or one of these with parentbased_ before it, which follows a caller who sends a traceparent`},
	{"OTEL_TRACES_SAMPLER_ARG", "1", `share of traces that traceidratio and parentbased_traceidratio record, from 0 to 1`},
	{"OTEL_SERVICE_NAME", "", `name of the service; farebook-api, farebook-worker or farebook-command if it is not set`},
	{"OTEL_RESOURCE_ATTRIBUTES", "", `further attributes of the process, NAME=value separated by commas, such as deployment.environment.name=production`},
	{"OTEL_SDK_DISABLED", "false", `true sends nothing, whatever else is set`},
}

func (r *reader) telemetryVariable(name string) string {
	value, _ := r.environ.LookupEnv(name)
	return strings.TrimSpace(value)
}

func (r *reader) readTelemetry() {
	s := telemetry.Read(r.telemetryVariable)
	r.readHeaders(&s)
	r.config.Telemetry = s
	r.checkSignal("TRACES", s.Traces)
	r.checkSignal("METRICS", s.Metrics)
	sampler := r.telemetryVariable("OTEL_TRACES_SAMPLER")
	if sampler != "" && !slices.Contains(telemetry.Samplers, sampler) {
		r.problem("OTEL_TRACES_SAMPLER is %q: set it to one of %s", sampler, strings.Join(telemetry.Samplers, ", "))
	}
	share := r.telemetryVariable("OTEL_TRACES_SAMPLER_ARG")
	if share == "" {
		return
	}
	ratio, err := strconv.ParseFloat(share, 64)
	if err != nil || !(ratio >= 0 && ratio <= 1) {
		r.problem("OTEL_TRACES_SAMPLER_ARG is %q: set it to a share from 0 to 1, such as 0.05", share)
	}
}

// readHeaders leaves headers in the variable to OpenTelemetry, which reads the environment. Those in a file are read again at each export.
func (r *reader) readHeaders(s *telemetry.Settings) {
	text := r.telemetryVariable(otlpHeaders)
	if text == "" {
		return
	}
	if _, err := telemetry.ParseHeaders(text); err != nil {
		r.problem("%s %v", otlpHeaders, err)
		return
	}
	if file, found := r.config.files[otlpHeaders]; found {
		s.Headers = file.now
	}
}

func (r *reader) checkSignal(name string, s telemetry.SignalSettings) {
	if s.Exporter != "" && s.Exporter != telemetry.ExporterOTLP && s.Exporter != telemetry.ExporterNone {
		r.problem("OTEL_%s_EXPORTER is %q: set it to otlp or none", name, s.Exporter)
	}
	if !s.On {
		return
	}
	if s.Protocol != telemetry.ProtocolHTTP && s.Protocol != telemetry.ProtocolGRPC {
		r.problem("OTEL_EXPORTER_OTLP_PROTOCOL is %q: set it to http/protobuf or grpc", s.Protocol)
	}
	if s.Endpoint == "" {
		return
	}
	variable := "OTEL_EXPORTER_OTLP_ENDPOINT"
	if r.telemetryVariable("OTEL_EXPORTER_OTLP_"+name+"_ENDPOINT") != "" {
		variable = "OTEL_EXPORTER_OTLP_" + name + "_ENDPOINT"
	}
	parsed, err := url.Parse(s.Endpoint)
	if err != nil || parsed.Hostname() == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		// Not quoted: it may contain a password.
		r.problem("%s cannot be read: write it as http://host:port or https://host:port", variable)
		return
	}
	if parsed.Scheme == "http" {
		r.requireTLS(variable, parsed.Hostname(), "write https://")
	}
}
