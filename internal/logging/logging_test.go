package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"

	"farebook/internal/correlation"
	"farebook/internal/logging"
)

// canaries are one of each kind that must never be in a log. They are put together here so that no scanner takes them
// for real ones.
var canaries = map[string]string{
	"secret key":          "sk_" + "test_51FarebookCanarySecretKey0000",
	"live key":            "sk_" + "live_51FarebookCanarySecretKey0000",
	"restricted key":      "rk_" + "live_51FarebookCanaryRestricted000",
	"webhook secret":      "whsec_" + "farebookCanaryWebhookSecret000000",
	"webhook base64":      "whsec_" + "ab+cd/ef==",
	"client secret":       "pi_3PcanaryABC_secret_XyZ0123456789",
	"API key":             "fbk_" + "Zm9vYmFyYmF6cXV4-_0123456789",
	"mail address":        "layla.haddad+x@canary-mail.example",
	"mail address, intl":  "ليلى@example.com",
	"card number":         "4242424242424242",
	"card number, spaced": "4000 0000 0000 9995",
	"card number, dashed": "5555-5555-5555-4444",
	"amex":                "378282246310005",
	"DSN's password":      "canaryPassw0rd",
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
	require.Regexp(t, `^\{"timestamp":"[^"]+","level":"INFO","service":"worker","correlationId":"request-0001","message":"booking confirmed","reference":"FB-7K2M9QXA","amount":45900,`, out.String())
	require.Equal(t, "clash", line["messageField"])
	require.Equal(t, "clash", line["levelField"])
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
