package test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/internal/metrics"
)

// getText reads a page without a key: of an admin address, or of Temporal's metrics.
func getText(t testing.TB, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, string(body)
}

// API and worker answer for their health and metrics on their admin addresses, and the public address has no metrics.
func TestAdminAddressesOfAPIAndWorker(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Admin: true})
	for _, address := range []string{s.AdminOfAPI, s.AdminOfWorker} {
		s.Eventually(func() bool {
			status, _ := getText(t, "http://"+address+"/readyz")
			return status == http.StatusOK
		}, "%s does not become ready", address)
		_, text := getText(t, "http://"+address+"/metrics")
		for _, name := range []string{"go_goroutines ", "process_open_fds ", "farebook_build_info{", "temporal_request_total{"} {
			require.True(t, strings.HasPrefix(text, name) || strings.Contains(text, "\n"+name), "%s is missing at %s", name, address)
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		status, _ := getText(t, "http://"+s.Config.HTTPAddr+path)
		require.Equal(t, http.StatusNotFound, status, path)
	}
}

// metricNames are the names of metrics at an address, by the TYPE lines of the exposition.
func metricNames(t *testing.T, address string) map[string]string {
	t.Helper()
	status, text := getText(t, "http://"+address+"/metrics")
	require.Equal(t, http.StatusOK, status, text)
	kinds := map[string]string{}
	for line := range strings.SplitSeq(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 4 && fields[1] == "TYPE" && strings.HasPrefix(fields[2], "farebook_") {
			kinds[fields[2]] = fields[3]
		}
	}
	return kinds
}

// Each metric of docs/metrics.md is exposed by the processes that the page names, and no other is. Stories of all kinds give each of them a
// value, and no call to Stripe is of an endpoint that the page does not know.
func TestMetricsAreThoseOfTheDocument(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Admin: true})
	playMetricStories(t, s, "only")
	var exposed map[metrics.Process]map[string]string
	var missing []string
	s.Eventually(func() bool { // what is observed after an effect, and gauges of books that were too slow for the last reading
		exposed = map[metrics.Process]map[string]string{
			metrics.API: metricNames(t, s.AdminOfAPI), metrics.Worker: metricNames(t, s.AdminOfWorker),
		}
		missing = missingMetrics(exposed)
		return len(missing) == 0
	}, "not exposed: %v", &missing)
	for process, kinds := range exposed {
		for _, d := range metrics.Definitions() {
			if slices.Contains(d.Processes, process) {
				delete(kinds, d.Name)
			}
		}
		require.Empty(t, kinds, "exposed by %s and not in docs/metrics.md", process)
	}
	for _, address := range []string{s.AdminOfAPI, s.AdminOfWorker} {
		_, text := getText(t, "http://"+address+"/metrics")
		require.NotContains(t, text, `="other"`, "a value that the catalogue does not know")
		for _, secret := range []string{"FB-", "pi_", "@", testkit.StripeKey, testkit.WebhookSecret} {
			require.NotContains(t, text, secret, "no reference, id, address or secret is in a label")
		}
	}
}

// missingMetrics are those of the document that a process should expose, with their kind, and does not.
func missingMetrics(exposed map[metrics.Process]map[string]string) (missing []string) {
	for _, d := range metrics.Definitions() {
		var without []string
		for _, process := range d.Processes {
			if exposed[process][d.Name] != string(d.Kind) {
				without = append(without, d.Name+" of "+string(process))
			}
		}
		if !emptyAtFirst[d.Name] || len(without) == len(d.Processes) {
			missing = append(missing, without...)
		}
	}
	return missing
}

// emptyAtFirst are metrics that have no series before their first event: they are exposed by the process in which that happens, the worker
// or the API's worker.
var emptyAtFirst = map[string]bool{
	"farebook_payment_declines_total": true, "farebook_captured_minor_units_total": true,
}

// playMetricStories pays, declines, refunds, submits evidence, reconciles and seals, and repeats a request. name makes its keys.
func playMetricStories(t *testing.T, s *testkit.Stack, name string) {
	t.Helper()
	declined := s.Book(name+"-declined", testkit.BookingBody(nil))
	require.Equal(t, http.StatusPaymentRequired, s.Pay(declined.Payment.PaymentIntentID, "pm_card_visa_chargeDeclinedInsufficientFunds"))
	s.Eventually(func() bool { return s.PaymentStatus(declined.Reference) == "failed" }, "decline not recorded")
	require.Equal(t, http.StatusOK, s.Pay(declined.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(declined.Reference, "confirmed")
	require.Equal(t, http.StatusCreated, s.Post("/v1/bookings", name+"-declined", testkit.BookingBody(nil)).Status)
	other := testkit.BookingBody(func(body map[string]any) { body["holdMinutes"] = 45 })
	require.Equal(t, http.StatusUnprocessableEntity, s.Post("/v1/bookings", name+"-declined", other).Status)
	refund := ask(s, declined.Reference, name+"-refund", usd(1000))
	awaitRefund(s, refund.ID, "succeeded")
	shop := s.API.Token
	_, dispute := disputedBooking(s, name+"-disputed")
	path := "/v1/disputes/" + dispute + "/evidence-draft/submit"
	require.Equal(t, http.StatusOK, s.Post(path, name+"-evidence", submission(dispute, writeEvidence(s, dispute, "the customer flew"))).Status)
	s.API.Token = shop
	s.AwaitQuiet()
	reconcile(s, `{}`)
	_, err := starterWith(s, "ledger", "seal")
	require.NoError(t, err)
}
