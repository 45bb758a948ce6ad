package test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// logLine is what a test reads of a line.
type logLine struct {
	Level, Service, CorrelationID, Message               string
	PaymentID                                            int
	StripeStatus, Class, Object, PaymentIntentID         string
	WorkflowID, ActivityType, AmountHere, AmountAtStripe string
	MessageID                                            string
}

func linesAfter(s *testkit.Stack, lines int) []logLine {
	s.T.Helper()
	var out []logLine
	for i, text := range strings.Split(strings.TrimSpace(s.Logs.String()), "\n") {
		if i < lines {
			continue
		}
		var line logLine
		require.NoError(s.T, json.Unmarshal([]byte(text), &line), text)
		out = append(out, line)
	}
	return out
}

// A run says what it compares and what it finds, and each of its lines, also those of the Temporal SDK and of the client of
// Stripe, bears the run's id.
func TestLogLinesOfAReconciliationHaveItsID(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: rareSweeps})
	planted := plant(s)
	s.AwaitQuiet()
	s.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodGet, Path: "/v1/balance_transactions", Kind: fakestripe.Fault500Before,
		Count: 3,
	})
	before := s.Logs.Lines()
	run := reconcile(s, `{"dryRun": true}`)
	s.AwaitRunEnd("Reconciliation:" + run.CorrelationID) // which logs its end after the row that the API shows

	unheard := s.DB.Count(t, `SELECT p.id FROM payments p JOIN bookings b ON b.id = p.booking_id JOIN idempotency_keys k ON k.booking_id = b.id
		WHERE k.idempotency_key = 'unheard'`)
	classes, messages, compared := map[string]int{}, map[string]int{}, map[int]string{}
	for _, line := range linesAfter(s, before) {
		if line.Service == "api" { // asked for the run, and answered
			continue
		}
		if line.Service == "worker" && line.CorrelationID != "" && line.CorrelationID != run.CorrelationID {
			continue // what was planted is being completed, by a booking's workflow
		}
		if line.CorrelationID == "" && line.Message == "database statement was slow" {
			continue // on a busy machine, of what belongs to no run
		}
		require.Equal(t, run.CorrelationID, line.CorrelationID, "%+v", line)
		require.Equal(t, "reconciliation", line.Service, "%+v", line)
		messages[line.Message]++
		switch line.Message {
		case "Processing payment":
			require.Equal(t, "debug", line.Level)
			compared[line.PaymentID] = line.StripeStatus
		case "difference found":
			require.Equal(t, "info", line.Level)
			classes[line.Class]++
			if line.Class == "fee_mismatch" {
				require.Equal(t, []string{"$13.70", "$13.61"}, []string{line.AmountHere, line.AmountAtStripe})
			}
			known := s.DB.Count(t, "SELECT COALESCE(MAX(id), 0) FROM payments WHERE stripe_payment_intent_id = ?", line.PaymentIntentID)
			require.Equal(t, known, line.PaymentID, "%+v", line)
		}
	}
	require.Equal(t, planted, classes)
	require.Equal(t, map[int]string{unheard: "succeeded"}, compared)
	require.Positive(t, messages["Activity error."], "the SDK's: %v", messages)
	require.Positive(t, messages["call to Stripe refused"], "the client's: %v", messages)
	require.Positive(t, messages["reconciliation ended"], "%v", messages)
}
