package test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
)

// evidenceDraft is what the API says of a draft.
type evidenceDraft struct {
	State     string
	Revision  int
	Texts     map[string]string
	Suggested map[string]string
	Files     []struct {
		Field        string
		Bytes, Pages int
	}
	SubmittedBy string
	TakenAt     *string
	Refused     *struct{ Reason string }
}

// disputedBooking is a booking whose payment is disputed, and the id of the dispute. The API's key is that of a desk from then on.
func disputedBooking(s *testkit.Stack, key string) (testkit.Booked, string) {
	s.T.Helper()
	booked := s.BookAndPay(key, nil)
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(s.T, err)
	awaitDispute(s, id, "needs_response")
	s.AwaitQuiet()
	s.API.Token = s.DB.NewKey(s.T, "desk", access.OperationsRead, access.OperationsWrite, access.DisputesWrite)
	return booked, id
}

func draftOf(s *testkit.Stack, id string) (draft evidenceDraft) {
	s.T.Helper()
	s.API.Get("/v1/disputes/"+id+"/evidence-draft", &draft)
	return draft
}

// aPDF has so many pages, and text that makes it unlike others.
func aPDF(pages int, text string) []byte {
	return fmt.Appendf(nil, "%%PDF-1.4\n1 0 obj\n<< /Type /Pages /Kids [] /Count %d >>\nendobj\n%% %s\n%%%%EOF\n", pages, text)
}

// sendFile adds a file to a draft.
func sendFile(s *testkit.Stack, id, field, contentType string, content []byte) testkit.Answer {
	s.T.Helper()
	client := *s.API
	client.Header = http.Header{"Content-Type": {contentType}}
	answer, err := client.Ask(http.MethodPost, "/v1/disputes/"+id+"/evidence-draft/files/"+field+"?name=Layla+Haddad.pdf", "", content)
	require.NoError(s.T, err)
	return answer
}

// writeEvidence writes a text and adds a file, and returns the revision to submit.
func writeEvidence(s *testkit.Stack, id, text string) int {
	s.T.Helper()
	path := "/v1/disputes/" + id + "/evidence-draft"
	body := fmt.Sprintf(`{"texts":{"uncategorized_text":%q,"customer_name":"Layla Haddad"},"revision":%d}`, text, draftOf(s, id).Revision)
	saved := s.Post(path, "", []byte(body))
	require.Equal(s.T, http.StatusOK, saved.Status, "%s", saved.Body)
	added := sendFile(s, id, "receipt", "application/pdf", aPDF(3, text))
	require.Equal(s.T, http.StatusOK, added.Status, "%s", added.Body)
	return draftOf(s, id).Revision
}

func submission(id string, revision int) []byte {
	return fmt.Appendf(nil, `{"confirm":%q,"revision":%d}`, id, revision)
}

// submittedOnce requires that Stripe has the evidence of a dispute, that nothing was submitted twice, and that the books say so.
func submittedOnce(s *testkit.Stack, id, text string) {
	s.T.Helper()
	times, sent := s.Stripe.Submissions(id)
	require.Equal(s.T, 1, times)
	require.Equal(s.T, text, sent["uncategorized_text"])
	require.Equal(s.T, "Layla Haddad", sent["customer_name"])
	require.True(s.T, strings.HasPrefix(sent["receipt"], "file_"), sent["receipt"])
	require.Equal(s.T, 1, s.Stripe.Files(), "files are uploaded once while Stripe keeps the keys")
	require.Equal(s.T, 1, s.DB.Count(s.T, "SELECT COUNT(*) FROM evidence_drafts WHERE state = 'submitted' AND taken_at IS NOT NULL"))
	require.Equal(s.T, 1, s.DB.Count(s.T, "SELECT COUNT(*) FROM evidence_files WHERE stripe_file_id = ? AND content IS NULL", sent["receipt"]))
	require.Equal(s.T, 1, s.DB.Count(s.T, "SELECT COUNT(*) FROM audit_log WHERE action = 'dispute.submit-evidence' AND subject = ?", id))
	awaitDispute(s, id, "under_review")
	s.RequirePromises()
}

// Two people, each with several tabs, submit the same draft at once: one submission reaches the bank, and the others read who has
// submitted it.
func TestEvidenceIsSubmittedOnceFromManyTabs(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	_, id := disputedBooking(s, "tabs")
	require.Equal(t, "none", draftOf(s, id).State)
	require.Equal(t, "Layla Haddad", draftOf(s, id).Suggested["customer_name"])
	revision := writeEvidence(s, id, "the customer flew")
	other := *s.API
	other.Token = s.DB.NewKey(t, "another desk", access.OperationsRead, access.OperationsWrite, access.DisputesWrite)
	answers := make([]testkit.Answer, 8)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			client := []*testkit.APIClient{s.API, &other}[i%2]
			path := "/v1/disputes/" + id + "/evidence-draft/submit"
			answers[i], _ = client.Ask(http.MethodPost, path, fmt.Sprint("tab-", i%4), submission(id, revision))
		})
	}
	group.Wait()
	taken := 0
	for _, answer := range answers {
		if answer.Status == http.StatusOK {
			taken++
			continue
		}
		require.Equal(t, http.StatusConflict, answer.Status, "%s", answer.Body)
		require.Contains(t, string(answer.Body), "evidence-submitted")
	}
	require.Positive(t, taken)
	require.LessOrEqual(t, taken, 2, "the same key twice gets the same answer, and no other does")
	submittedOnce(s, id, "the customer flew")
	require.Equal(t, "submitted", draftOf(s, id).State)
	require.Equal(t, "the customer flew", draftOf(s, id).Texts["uncategorized_text"], "what was submitted can be read")
	late := s.Post("/v1/disputes/"+id+"/evidence-draft", "", []byte(`{"texts":{"customer_name":"Omar"},"revision":2}`))
	require.Equal(t, http.StatusConflict, late.Status)
	require.Contains(t, string(late.Body), "which happens once")
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	s.AwaitRunEnd("Dispute:" + id)
	s.SaveRun("Dispute:"+id, "dispute_evidence_submitted")
}

// Stripe refuses: its reason is the answer, also to a repetition, the evidence is a draft again, and nothing was submitted. A second
// attempt is a submission like any other.
func TestStripesRefusalOfEvidenceIsShown(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	_, id := disputedBooking(s, "refused")
	revision := writeEvidence(s, id, "too late")
	again := s.DropWebhooks()
	require.NoError(t, s.Stripe.SetDisputeStatus(id, "lost"))
	path := "/v1/disputes/" + id + "/evidence-draft/submit"
	refused := s.Post(path, "first", submission(id, revision))
	require.Equal(t, http.StatusConflict, refused.Status, "%s", refused.Body)
	const reason = "This dispute accepts no evidence: its status is lost"
	require.Contains(t, string(refused.Body), "evidence-refused")
	require.Contains(t, string(refused.Body), reason)
	repeated := s.Post(path, "first", submission(id, revision))
	require.Equal(t, string(refused.Body), string(repeated.Body))
	draft := draftOf(s, id)
	require.Equal(t, "draft", draft.State)
	require.Contains(t, draft.Refused.Reason, reason)
	times, _ := s.Stripe.Submissions(id)
	require.Zero(t, times)
	require.NotContains(t, s.Logs.String(), reason, "Stripe's text may quote the evidence")
	require.NotContains(t, s.Logs.String(), "Layla Haddad")

	require.NoError(t, s.Stripe.SetDisputeStatus(id, "needs_response"))
	s.DB.Exec(t, "UPDATE disputes SET status = 'needs_response' WHERE stripe_dispute_id = ?", id)
	again()
	taken := s.Post(path, "second", submission(id, revision))
	require.Equal(t, http.StatusOK, taken.Status, "%s", taken.Body)
	require.Equal(t, 2, s.DB.Count(t, "SELECT attempts FROM evidence_drafts"))
	times, _ = s.Stripe.Submissions(id)
	require.Equal(t, 1, times)
}

// Each limit is refused with the field, the size and what to do; the network of the card has its own.
func TestEvidenceAboveALimitIsRefused(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("limits", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_mastercard"))
	s.AwaitStatus(booked.Reference, "confirmed")
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "product_not_received")
	require.NoError(t, err)
	awaitDispute(s, id, "needs_response")
	s.API.Token = s.DB.NewKey(t, "desk", access.OperationsRead, access.OperationsWrite, access.DisputesWrite)
	large := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 3_000_000)...)
	for _, c := range []struct {
		field, kind string
		content     []byte
		status      int
		says        string
	}{
		{"receipt", "application/pdf", aPDF(50, ""), http.StatusUnprocessableEntity, "body.files.receipt"},
		{"receipt", "application/pdf", aPDF(50, ""), http.StatusUnprocessableEntity, "has 50 pages: send at most 49"},
		{"receipt", "application/pdf", aPDF(20, ""), http.StatusUnprocessableEntity, "would have 20: mastercard takes 19 pages in all"},
		{"receipt", "application/pdf", []byte("%PDF-1.4 without pages"), http.StatusUnprocessableEntity, "print it to a new PDF"},
		{"receipt", "application/pdf", []byte("GIF89a"), http.StatusUnprocessableEntity, "neither a PDF nor a PNG or JPEG"},
		{"receipt", "image/gif", []byte("GIF89a"), http.StatusUnsupportedMediaType, "Content-Type"},
		{"customer_name", "application/pdf", aPDF(1, ""), http.StatusUnprocessableEntity, "is not a file of evidence"},
		{"receipt", "image/png", large, http.StatusOK, `"bytes":3000008`},
		{"uncategorized_file", "image/png", large, http.StatusUnprocessableEntity, "would have 6.0 MB: Stripe takes 4.5 MB in all"},
		{"receipt", "application/pdf", aPDF(19, ""), http.StatusOK, `"pages":19`}, // replaces the image
		{"uncategorized_file", "application/pdf", aPDF(1, ""), http.StatusUnprocessableEntity, "would have 20"},
	} {
		answer := sendFile(s, id, c.field, c.kind, c.content)
		require.Equal(t, c.status, answer.Status, "%s", answer.Body)
		require.Contains(t, string(answer.Body), c.says)
	}
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM evidence_files"))
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM evidence_files WHERE is_kept = 1 AND content IS NOT NULL"))
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM evidence_files WHERE removed_at IS NOT NULL AND content IS NULL"))
	removed := s.Post("/v1/disputes/"+id+"/evidence-draft/files/receipt/remove", "", nil)
	require.Equal(t, http.StatusOK, removed.Status, "%s", removed.Body)
	require.Empty(t, draftOf(s, id).Files)

	long := fmt.Appendf(nil, `{"texts":{"customer_name":%q},"revision":3}`, strings.Repeat("n", 5001))
	refused := s.Post("/v1/disputes/"+id+"/evidence-draft", "", long)
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status)
	require.Contains(t, string(refused.Body), "has 5001 characters: shorten it to 5000")
	empty := s.Post("/v1/disputes/"+id+"/evidence-draft/submit", "empty", submission(id, draftOf(s, id).Revision))
	require.Equal(t, http.StatusConflict, empty.Status)
	require.Contains(t, string(empty.Body), "write a text or add a file first")
}

// A draft that somebody has changed is neither overwritten nor submitted by who has read it before; the wrong confirmation submits nothing.
func TestADraftThatHasChangedIsReadAgain(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	_, id := disputedBooking(s, "changed")
	first := writeEvidence(s, id, "one")
	path := "/v1/disputes/" + id + "/evidence-draft"
	changed := s.Post(path, "", fmt.Appendf(nil, `{"texts":{"uncategorized_text":"two"},"revision":%d}`, first))
	require.Equal(t, http.StatusOK, changed.Status)
	for _, body := range []string{`{"texts":{"uncategorized_text":"three"},"revision":1}`, `{"texts":{"uncategorized_text":"three"}}`} {
		stale := s.Post(path, "", []byte(body))
		require.Equal(t, http.StatusConflict, stale.Status, "%s", stale.Body)
		require.Contains(t, string(stale.Body), "evidence-changed")
	}
	require.Equal(t, http.StatusConflict, s.Post(path+"/submit", "stale", submission(id, first)).Status)
	wrong := s.Post(path+"/submit", "wrong", []byte(`{"confirm":"yes","revision":3}`))
	require.Equal(t, http.StatusUnprocessableEntity, wrong.Status)
	require.Contains(t, string(wrong.Body), "body.confirm")
	require.Equal(t, http.StatusBadRequest, s.Post(path+"/submit", "", submission(id, first+1)).Status, "a submission needs a key")
	require.Equal(t, "two", draftOf(s, id).Texts["uncategorized_text"])
	times, _ := s.Stripe.Submissions(id)
	require.Zero(t, times)

	s.API.Token = s.DB.NewKey(t, "stranger", append(testdb.Shop, access.DisputesWrite)...)
	require.Equal(t, http.StatusNotFound, s.Post(path, "", []byte(`{"texts":{}}`)).Status)
	require.Equal(t, http.StatusNotFound, s.Post(path+"/submit", "stranger", submission(id, first+1)).Status)
}
