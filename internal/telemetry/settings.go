package telemetry

import (
	"cmp"
	"errors"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Settings say what a process sends, by OpenTelemetry's environment variables. The zero value sends nothing.
type Settings struct {
	Traces, Metrics SignalSettings
	// Headers returns the text of OTEL_EXPORTER_OTLP_HEADERS as it is now; nil leaves it to the environment. It is asked at each export.
	Headers func() string
}

// SignalSettings are those of traces or of metrics.
type SignalSettings struct {
	On       bool
	Endpoint string // empty for the default of OpenTelemetry, on this machine
	Protocol string // ProtocolHTTP or ProtocolGRPC
	Exporter string // ExporterOTLP or ExporterNone
}

// The values of OTEL_EXPORTER_OTLP_PROTOCOL and OTEL_TRACES_EXPORTER that are supported.
const (
	ProtocolHTTP = "http/protobuf"
	ProtocolGRPC = "grpc"
	ExporterOTLP = "otlp"
	ExporterNone = "none"
)

// Samplers are the values of OTEL_TRACES_SAMPLER that are supported.
var Samplers = []string{
	"always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio",
}

// Read reads the settings. Nothing is sent unless a variable names an endpoint or an exporter: OpenTelemetry's own default would send to
// this machine.
func Read(variable func(name string) string) Settings {
	if strings.EqualFold(variable("OTEL_SDK_DISABLED"), "true") {
		return Settings{}
	}
	return Settings{Traces: readSignal(variable, "TRACES"), Metrics: readSignal(variable, "METRICS")}
}

func readSignal(variable func(string) string, signal string) SignalSettings {
	s := SignalSettings{
		Endpoint: cmp.Or(variable("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT"), variable("OTEL_EXPORTER_OTLP_ENDPOINT")),
		Protocol: cmp.Or(variable("OTEL_EXPORTER_OTLP_"+signal+"_PROTOCOL"), variable("OTEL_EXPORTER_OTLP_PROTOCOL"), ProtocolHTTP),
		Exporter: variable("OTEL_" + signal + "_EXPORTER"),
	}
	s.On = s.Exporter != ExporterNone && (s.Exporter != "" || s.Endpoint != "")
	return s
}

// ParseHeaders reads OTEL_EXPORTER_OTLP_HEADERS as OpenTelemetry does: NAME=value separated by commas, with values in percent-encoding. It
// refuses what OpenTelemetry would leave out. Its errors follow the name of a variable and quote nothing of the text, which is a secret.
func ParseHeaders(text string) (map[string]string, error) {
	headers := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		name, encoded, found := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(encoded)
		value = strings.TrimSpace(value)
		if !found || err != nil || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, errors.New("cannot be read: write NAME=value separated by commas, with values in percent-encoding, such as api-key=secret")
		}
		headers[name] = value
	}
	return headers, nil
}
