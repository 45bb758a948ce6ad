package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// A process dies on either side of the upload, of the submission and of what the books record of it; whoever asks again with the same key
// finds the evidence submitted once.
func TestProcessKilledWhileSubmittingEvidence(t *testing.T) {
	t.Parallel()
	for point, program := range map[string]string{
		"before-upload-evidence": "worker", "after-upload-evidence": "worker", "before-submit-evidence": "worker",
		"after-submit-evidence": "worker", "after-take-evidence": "worker",
		"before-ask-to-submit-evidence": "starter", "api-after-action": "starter",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			options := testkit.Options{Processes: true, WorkerFailpoint: point}
			if program == "starter" {
				options.WorkerFailpoint, options.APIFailpoint = "", point
			}
			s := testkit.New(t, options)
			_, id := disputedBooking(s, "kill")
			if point == "api-after-action" { // each save passes it
				s.Eventually(func() bool {
					answer, err := s.API.Do(http.MethodPost, "/v1/disputes/"+id+"/evidence-draft", "save", []byte(`{"texts":{"customer_name":"Layla Haddad"}}`))
					return err == nil && answer.Status == http.StatusOK
				}, "the draft is not saved")
			}
			revision := writeEvidence(s, id, "the customer flew")
			sendUntil(s, "/v1/disputes/"+id+"/evidence-draft/submit", "submit", submission(id, revision), http.StatusOK)
			s.AwaitQuiet()
			s.RequireDeaths(program, 1)
			submittedOnce(s, id, "the customer flew")
		})
	}
}

// The API dies after it has written that the evidence is to be submitted, and nobody asks again: the sweeper has it submitted.
func TestEvidenceIsSubmittedAlthoughNobodyAsksAgain(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, APIFailpoint: "api-after-action-claim"})
	_, id := disputedBooking(s, "kill")
	s.Eventually(func() bool { // the first save dies at the same point
		answer, err := s.API.Do(http.MethodPost, "/v1/disputes/"+id+"/evidence-draft", "save", []byte(`{"texts":{"customer_name":"Layla Haddad"}}`))
		return err == nil && answer.Status == http.StatusOK
	}, "the draft is not saved")
	writeEvidence(s, id, "the customer flew")
	s.DB.Exec(t, "UPDATE evidence_drafts SET state = 'submitting', attempts = 1, submitted_at = UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE, "+
		"submitted_by = 'desk', digest = UNHEX(SHA2('a test', 256))")
	s.Eventually(func() bool { times, _ := s.Stripe.Submissions(id); return times == 1 }, "nobody submits the evidence; logs:\n%s", s.Logs)
	s.Eventually(func() bool { return draftOf(s, id).State == "submitted" }, "the books do not know that it was submitted")
	s.AwaitQuiet()
	times, _ := s.Stripe.Submissions(id)
	require.Equal(t, 1, times)
}

// The worker dies after it has recorded a refusal: the answer is Stripe's reason.
func TestWorkerKilledAfterARefusalOfEvidence(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: "after-refuse-evidence"})
	_, id := disputedBooking(s, "kill")
	revision := writeEvidence(s, id, "too late")
	again := s.DropWebhooks()
	require.NoError(t, s.Stripe.SetDisputeStatus(id, "lost"))
	answer := sendUntil(s, "/v1/disputes/"+id+"/evidence-draft/submit", "submit", submission(id, revision), http.StatusConflict)
	require.Contains(t, string(answer.Body), "This dispute accepts no evidence")
	again()
	s.RequireDeaths("worker", 1)
	times, _ := s.Stripe.Submissions(id)
	require.Zero(t, times)
	require.Equal(t, 1, s.DB.Count(t, "SELECT attempts FROM evidence_drafts"))
}
