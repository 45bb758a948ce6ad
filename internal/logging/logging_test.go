package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"

	"farebook/internal/correlation"
	"farebook/internal/logging"
)

// canaries are one of each kind that must never be in a log. They are put together here so that no scanner takes them
// for real ones.
var canaries = map[string]string{
	"secret key":           "sk_" + "test_51FarebookCanarySecretKey0000",
	"live key":             "sk_" + "live_51FarebookCanarySecretKey0000",
	"restricted key":       "rk_" + "live_51FarebookCanaryRestricted000",
	"webhook secret":       "whsec_" + "farebookCanaryWebhookSecret000000",
	"webhook base64":       "whsec_" + "ab+cd/ef==",
	"client secret":        "pi_3PcanaryABC_secret_XyZ0123456789",
	"API key":              "fbk_" + "Zm9vYmFyYmF6cXV4-_0123456789",
	"mail address":         "layla.haddad+x@canary-mail.example",
	"mail address, intl":   "ليلى@example.com",
	"mail address, dot":    "layla@example。com",
	"mail address in URL":  "layla.haddad%40example.com",
	"mail address, number": "123456789@qq.com",
	"mail address, IP":     "layla@192.0.2.1",
	"mail address, ours":   "layla.haddad@bookings.farebook.example",
	"card number":          "4242424242424242",
	"card number, spaced":  "4000 0000 0000 9995",
	"card number, dashed":  "5555-5555-5555-4444",
	"amex":                 "378282246310005",
	"DSN's password":       "canaryPassw0rd",
}

func holding(name, canary string) string {
	if name == "DSN's password" {
		return "farebook:" + canary + "@tcp(127.0.0.1:3306)/farebook"
	}
	return canary
}

func TestCanariesNeverComeOut(t *testing.T) {
	t.Parallel()
	for name, canary := range canaries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := holding(name, canary)
			var out bytes.Buffer
			log := logging.New(&out, "api", "debug")
			log.Info("in the message: " + text)
			log.Info("in quotes: \"" + text + "\", in JSON {\"a\":\"" + text + "\"}, as a=" + text + "&b")
			log.Info("field", "value", text)
			log.Info("error", "error", fmt.Errorf("wrapped: %w", errors.New("cause "+text)))
			log.Info("struct", "value", struct{ A, B string }{text, "x"})
			log.Info("slice", "value", []string{text}, "map", map[string]any{"k": text}, "bytes", []byte(text))
			log.Info("stringer", "value", &url.URL{Path: "/" + text})
			log.Info("group", slog.Group("g", "value", text, slog.Group("h", "value", text)))
			log.Info("key", text, 1)
			log.With("value", text).WithGroup("g").With("value", text).Info("with", "value", text)
			log.Info("valuer", "value", valuer{text})
			log.InfoContext(correlation.With(context.Background(), text), "correlation")
			sdklog.NewStructuredLogger(log).Error("SDK "+text, "Error", errors.New(text))
			require.Equal(t, 13, bytes.Count(out.Bytes(), []byte("\n")))
			require.NotContains(t, out.String(), canary)
			require.Contains(t, out.String(), logging.Redacted)
			requireJSONLines(t, out.Bytes())
		})
	}
}

type valuer struct{ text string }

func (v valuer) LogValue() slog.Value {
	return slog.GroupValue(slog.String("text", v.text), slog.Any("any", []string{v.text}))
}

func TestCardNumberAsNumber(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logging.New(&out, "api", "info").Info("x", "number", 4242424242424242, "struct", struct{ N int64 }{4242424242424242})
	require.NotContains(t, out.String(), "4242424242424242")
	requireJSONLines(t, out.Bytes())
}

func TestWhatIsHarmlessStays(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"FB-7K2M9QXA", "pi_3PabcDEF", "evt_1PabcDEF", "BookingPayment:FB-7K2M9QXA", "2026-11-23T01:02:03.004Z",
		"1763859723004000000", "req_Abc123", "127.0.0.1:3306", "550e8400-e29b-41d4-a716-446655440000", "idx_ledger_unique_stripe_entry",
		"<fb-7k2m9qxa.confirmation@bookings.farebook.example>", "<resent.12.1@bookings.farebook.example>",
		"<dp_1abc.dispute_opened@bookings.farebook.example>", "<overdue-recon_abc123.overdue@bookings.farebook.example>",
		"farebook-worker@3f2a", "4711@farebook-api-7d9f5c", "root@localhost", "4711@3f2a@", "db.internal:3306", "WorkerID",
	} {
		require.Equal(t, text, logging.Redact(text))
	}
	require.Equal(t, "farebook:[redacted]@tcp(127.0.0.1:3306)/farebook", logging.Redact("farebook:secret@tcp(127.0.0.1:3306)/farebook"))
}

func TestShapeOfALine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := logging.New(&out, "worker", "info")
	ctx := correlation.With(context.Background(), "request-0001")
	log.DebugContext(ctx, "below the level")
	log.With("reference", "FB-7K2M9QXA").InfoContext(ctx, "booking confirmed", "amount", 45900, "message", "clash", "level", "clash")

	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`, line["timestamp"])
	require.Regexp(t, `^\{"timestamp":"[^"]+","level":"info","service":"worker","correlationId":"request-0001","message":"booking confirmed","reference":"FB-7K2M9QXA","amount":45900,`, out.String())
	require.Equal(t, "clash", line["messageField"])
	require.Equal(t, "clash", line["levelField"])
}

// The line that the first request for Farebook shows, to the letter.
func TestLineOfAReconciliation(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := logging.New(&out, "worker", "info")
	record := slog.NewRecord(time.Date(2026, 1, 26, 10, 30, 0, 0, time.UTC), slog.LevelInfo, "Processing payment", 0)
	record.Add("paymentId", uint64(123), "stripeStatus", "succeeded")
	require.NoError(t, log.Handler().Handle(correlation.With(context.Background(), "recon_abc123"), record))
	require.Equal(t, `{"timestamp":"2026-01-26T10:30:00.000Z","level":"info","service":"reconciliation","correlationId":"recon_abc123",`+
		`"message":"Processing payment","paymentId":123,"stripeStatus":"succeeded"}`+"\n", out.String())
}

func TestLevelsAreInLowerCase(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := logging.New(&out, "api", "debug")
	for level, write := range map[string]func(string, ...any){"debug": log.Debug, "info": log.Info, "warn": log.Warn, "error": log.Error} {
		out.Reset()
		write("x")
		require.Contains(t, out.String(), `"level":"`+level+`"`)
	}
}

// A line's service is the part of the process that speaks: from the context, from the field of that name, or the run that
// the line is about.
func TestServiceOfALine(t *testing.T) {
	t.Parallel()
	run := correlation.With(context.Background(), "recon_abc123")
	for name, c := range map[string]struct {
		ctx    context.Context
		fields []any
		want   string
	}{
		"the process":                        {context.Background(), nil, "api"},
		"a part, by context":                 {logging.As(context.Background(), "inbox"), nil, "inbox"},
		"a part, by field":                   {context.Background(), []any{"service", "inbox"}, "inbox"},
		"a run":                              {run, nil, "reconciliation"},
		"a run, by field":                    {context.Background(), []any{"correlationId", "recon_abc123"}, "reconciliation"},
		"a part that speaks about a run":     {logging.As(run, "sweeper"), nil, "sweeper"},
		"a request whose id is only similar": {correlation.With(context.Background(), "reconABC123"), nil, "api"},
	} {
		var out bytes.Buffer
		logging.New(&out, "api", "info").InfoContext(c.ctx, "x", c.fields...)
		require.Contains(t, out.String(), `"level":"info","service":"`+c.want+`","correlationId"`, name)
		require.Equal(t, 1, bytes.Count(out.Bytes(), []byte(`"service`)), name)
	}
}

// The Temporal SDK has no context: the workflow's id tells the run.
func TestLinesOfTheSDKBearTheRun(t *testing.T) {
	t.Parallel()
	of := func(workflowID string) string {
		if id, found := strings.CutPrefix(workflowID, "Reconciliation:"); found {
			return id
		}
		return ""
	}
	var out bytes.Buffer
	log := logging.Temporal(logging.New(&out, "worker", "info"), of)
	log.Warn("Activity error.", "WorkflowID", "Reconciliation:recon_abc123", "Attempt", 1)
	sdklog.With(log, "WorkflowID", "Reconciliation:recon_abc123").Warn("Activity error.", "Attempt", 1)
	for line := range bytes.Lines(out.Bytes()) {
		require.Contains(t, string(line), `"level":"warn","service":"reconciliation","correlationId":"recon_abc123","message":"Activity error."`)
	}
	out.Reset()
	log.Warn("Activity error.", "WorkflowID", "BookingPayment:FB-7K2M9QXA")
	require.Contains(t, out.String(), `"service":"worker","correlationId":"","message"`)
}

// A drawn id has runs of digits that pass for a card number; it has to stay whole.
func TestARunsIDIsNeverRedacted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logging.New(&out, "worker", "info").InfoContext(correlation.With(context.Background(), "recon_a4242424242424242b"), "x")
	require.Contains(t, out.String(), `"correlationId":"recon_a4242424242424242b"`)
}

func TestCorrelationIDOfTheLineWins(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logging.New(&out, "worker", "info").Info("x", "correlationId", "request-0002")
	require.Equal(t, 1, bytes.Count(out.Bytes(), []byte("correlationId")))
	require.Contains(t, out.String(), `"correlationId":"request-0002"`)
}

func requireJSONLines(t *testing.T, out []byte) {
	t.Helper()
	for line := range bytes.Lines(out) {
		require.True(t, json.Valid(line), "%s", line)
	}
}

// The API's process logs what its worker does under the worker's name, and a reconciliation's lines under that of reconciliation.
func TestALogForAnotherServiceOfTheProcess(t *testing.T) {
	t.Parallel()
	serviceOf := func(ctx context.Context, log func(*slog.Logger) *slog.Logger) string {
		var out bytes.Buffer
		log(logging.New(&out, "api", "info")).InfoContext(ctx, "done")
		var line struct{ Service string }
		require.NoError(t, json.Unmarshal(out.Bytes(), &line))
		return line.Service
	}
	of := func(log *slog.Logger) *slog.Logger {
		return logging.For(log.With("taskQueue", "bookings"), logging.Worker)
	}
	same := func(log *slog.Logger) *slog.Logger { return log }
	run := correlation.With(t.Context(), "recon_0123456789abcdef0123456789abcdef")
	require.Equal(t, "worker", serviceOf(t.Context(), of))
	require.Equal(t, "reconciliation", serviceOf(run, of))
	require.Equal(t, "worker", serviceOf(logging.As(t.Context(), logging.Worker), same), "the store and the Stripe client")
	require.Equal(t, "reconciliation", serviceOf(logging.As(run, logging.Worker), same))
}

// A header of another program's credentials has no prefix by which its secret is known.
func TestCredentialsOfHeadersAreRedacted(t *testing.T) {
	t.Parallel()
	for _, header := range []string{
		"Authorization: Bearer eyJhbGciOi.abc-def", "authorization: basic bGF5bGE6c2VjcmV0", "BEARER 0123456789abcdef",
	} {
		redacted := logging.Redact("sent " + header + " to it")
		require.Contains(t, redacted, logging.Redacted)
		_, secret, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(header), "authorization: "), " ")
		require.NotContains(t, strings.ToLower(redacted), secret)
		require.Contains(t, redacted, "to it")
	}
}
