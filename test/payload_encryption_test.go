package test

import (
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/proxy"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
	"farebook/internal/payload"
)

func payloadKey(t *testing.T, id string) string {
	t.Helper()
	entry, err := payload.NewKey(id)
	require.NoError(t, err)
	return entry
}

// payloadKeyIDs returns the sorted ids of the keys that encrypted the payloads of all runs; "" stands for payloads in clear. The
// correlation id of the header is in clear.
func payloadKeyIDs(s *testkit.Stack, workflowIDs ...string) []string {
	s.T.Helper()
	ids := map[string]bool{}
	for _, workflowID := range workflowIDs {
		require.NoError(s.T, proxy.VisitPayloads(s.T.Context(), s.RunHistory(workflowID, ""), proxy.VisitPayloadsOptions{
			Visitor: func(at *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
				if _, header := at.Parent.(*commonpb.Header); !header {
					for _, one := range payloads {
						ids[string(one.GetMetadata()["encryption-key-id"])] = true
					}
				}
				return payloads, nil
			},
			SkipSearchAttributes: true,
		}))
	}
	return slices.Sorted(maps.Keys(ids))
}

// With payload encryption on, bookings run, nothing that a payload says is in Temporal's database, and a key that is rotated while a
// booking waits loses nothing. `starter payloads decrypt` reads a history.
func TestPayloadsInTemporalAreEncrypted(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server, err := devstack.StartTemporal(t.Context(), folder, devstack.ForTests(), devstack.Headless())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Kill()) })
	one, two := payloadKey(t, "one"), payloadKey(t, "two")
	s := testkit.New(t, testkit.Options{
		TemporalAddress: server.Address(), SecretFiles: true, Env: []string{"TEMPORAL_PAYLOAD_KEYS=" + one},
	})
	out, err := starterWith(s, "setup")
	require.NoError(t, err, out)
	waiting := s.Book("waiting", testkit.BookingBody(nil))
	paid := s.BookAndPay("paid", nil)
	s.AwaitQuiet()
	refund := ask(s, paid.Reference, "refund", `{"amount":{"value":100,"currency":"USD"}}`)
	awaitRefund(s, refund.ID, "succeeded")
	require.Equal(t, []string{"one"}, payloadKeyIDs(s, s.WorkflowID(waiting.Reference), s.WorkflowID(paid.Reference), "Refund:"+refund.ID))

	s.WriteSecret("TEMPORAL_PAYLOAD_KEYS", one+","+two)
	s.WriteSecret("TEMPORAL_PAYLOAD_KEYS", two+","+one)
	require.Equal(t, http.StatusOK, s.Pay(waiting.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(waiting.Reference, "confirmed")
	s.AwaitWorkflowEnd(waiting.Reference)
	s.AwaitQuiet()
	require.Equal(t, []string{"one", "two"}, payloadKeyIDs(s, s.WorkflowID(waiting.Reference)))
	run := reconcile(s, `{}`)
	require.Equal(t, "completed", run.Status)
	out, err = starterWith(s, "schedule", "show")
	require.NoError(t, err, out)
	require.Contains(t, out, "30 2 * * *")
	out, err = starterWith(s, "replay")
	require.NoError(t, err, out)
	require.Contains(t, out, "All replayed histories fit this build.")
	s.RequirePromises()

	requireDecrypted(s, server.Address(), waiting.Reference)
	files, err := filepath.Glob(filepath.Join(folder, "temporal.db*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, canary := range []string{`"holdExpiresAt"`, `"paymentStatus"`, `"lookbackDays"`, "Layla", "canary-mail"} {
			require.NotContains(t, string(text), canary, "%s has a plain payload", file)
		}
	}
}

// requireDecrypted reads a booking's history as the documentation says: what Temporal's command line prints, through the command.
func requireDecrypted(s *testkit.Stack, address, reference string) {
	s.T.Helper()
	cli, err := devstack.TemporalCLI(s.T.Context(), nil)
	require.NoError(s.T, err)
	show := exec.CommandContext(s.T.Context(), cli, "workflow", "show", "--address", address, "--workflow-id", s.WorkflowID(reference),
		"--output", "json")
	document, err := show.Output()
	require.NoError(s.T, err)
	require.NotContains(s.T, string(document), "holdExpiresAt")
	decrypt := s.StarterCommand("payloads", "decrypt")
	decrypt.Stdin, decrypt.Stderr = strings.NewReader(string(document)), nil
	decrypted, err := decrypt.Output()
	require.NoError(s.T, err)
	require.Contains(s.T, string(decrypted), `"holdExpiresAt"`)
}

// A key that is missing blocks the workflows that need it, with its id in the error, and nothing else: neither their booking is lost,
// nor do other bookings wait. They continue once the key is back.
func TestAMissingPayloadKeyBlocksOnlyWhatNeedsIt(t *testing.T) {
	t.Parallel()
	lost, next := payloadKey(t, "lost-key"), payloadKey(t, "next-key")
	s := testkit.New(t, testkit.Options{Processes: true, SecretFiles: true, Env: []string{"TEMPORAL_PAYLOAD_KEYS=" + lost}})
	waiting := s.Book("waiting", testkit.BookingBody(nil))
	s.AwaitRest(s.WorkflowID(waiting.Reference))
	s.StopProcesses() // a process that still has the workflow in memory need not read its history
	s.WriteSecret("TEMPORAL_PAYLOAD_KEYS", next)
	s.StartProcesses()
	require.Equal(t, http.StatusOK, s.Pay(waiting.Payment.PaymentIntentID, "pm_card_visa"))
	s.Eventually(func() bool {
		for _, event := range s.RunHistory(s.WorkflowID(waiting.Reference), "").GetEvents() {
			failed := event.GetWorkflowTaskFailedEventAttributes()
			if strings.Contains(failed.GetFailure().GetMessage(), "lost-key") {
				return true
			}
		}
		return strings.Contains(s.Logs.String(), `encrypted with key \\\"lost-key\\\"`) ||
			strings.Contains(s.Logs.String(), `encrypted with key \"lost-key\"`)
	}, "no error names the key; logs:\n%s", s.Logs)
	other := s.BookAndPay("other", nil)
	s.AwaitStatus(other.Reference, "confirmed")
	described, err := s.Temporal.DescribeWorkflowExecution(t.Context(), s.WorkflowID(waiting.Reference), "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, described.GetWorkflowExecutionInfo().GetStatus())

	s.WriteSecret("TEMPORAL_PAYLOAD_KEYS", next+","+lost)
	s.AwaitStatus(waiting.Reference, "confirmed")
	s.AwaitWorkflowEnd(waiting.Reference)
	s.AwaitQuiet()
	s.RequirePromises()
}
