package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// choose chooses a file for the field of a form.
func (x *tab) choose(name, content string) {
	x.t.Helper()
	path := filepath.Join(x.t.TempDir(), "receipt.pdf")
	require.NoError(x.t, os.WriteFile(path, []byte(content), 0o600))
	x.do("choose a file for "+name, chromedp.SetUploadFiles(chromedp.CSS(`input[name="files.`+name+`"]`), []string{path}))
}

const threePages = "%PDF-1.4\n1 0 obj\n<< /Type /Pages /Kids [] /Count 3 >>\nendobj\n%%EOF\n"

// disputedPayment is the id of a dispute that waits for evidence.
func (s *scene) disputedPayment(key string) string {
	s.T.Helper()
	booked := s.BookAndPay(key, nil)
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(s.T, err)
	s.AwaitStatus(booked.Reference, "disputed")
	s.AwaitQuiet()
	return id
}

// Support writes a draft with a file, whose pages are counted when it is chosen, and signs out. Finance finds it on the overview, and
// submits it once, with the amount typed.
func TestADraftOfEvidenceIsContinuedAndSubmitted(t *testing.T) {
	t.Parallel()
	s := open(t)
	id := s.disputedPayment("evidence")
	x := s.as(newTab(t, s.API.URL()), "support")
	x.open("/console/disputes/" + id)
	x.press("Evidence to submit")
	x.await("suggestions from the books")
	require.Equal(t, "Layla Haddad", x.value("Customer's name"))
	x.fill("Anything else the bank should know", "The customer flew.")
	x.choose("receipt", strings.ReplaceAll(threePages, "/Count 3", "/Count 50"))
	x.await("more than 49 pages together")
	x.choose("receipt", threePages)
	x.await("pages: 3")
	x.follow("Save the draft")
	x.await("The draft is saved.", "Sami Haddad", "receipt.pdf")
	f, page := &faults{}, "/console/disputes/"+id+"/draft"
	x.read(f, page)
	x.follow("Sign out")
	x.await("You have signed out")
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM evidence_files WHERE pages = 3 AND content IS NOT NULL"))

	x = s.as(newTab(t, s.API.URL()), "finance")
	x.open("/console/")
	x.await("Drafts of evidence", "Sami Haddad")
	x.read(f, page+"/submit")
	require.Empty(t, f.found, "%s", strings.Join(f.found, "\n"))
	x.open(page)
	require.Equal(t, "The customer flew.", x.value("Anything else the bank should know"))
	x.follow("Save and continue")
	x.await("The bank takes evidence once")
	x.expect(422)
	x.fill("Type the amount 459.00 to confirm", "1.00")
	x.follow("Submit to the bank")
	x.await("is neither the dispute's id nor its amount")
	x.fill("Type the amount 459.00 to confirm", "459.00")
	x.follow("Submit to the bank")
	x.await("The evidence was submitted.")
	times, sent := s.Stripe.Submissions(id)
	require.Equal(t, 1, times)
	require.Equal(t, "The customer flew.", sent["uncategorized_text"])
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM evidence_drafts WHERE state = 'submitted'"))
	s.RequirePromises()
}

// Without script, Stripe's refusal is shown with its reason, and the draft stays.
func TestARefusalOfEvidenceIsShown(t *testing.T) {
	t.Parallel()
	s := open(t)
	id := s.disputedPayment("refused")
	again := s.DropWebhooks()
	require.NoError(t, s.Stripe.SetDisputeStatus(id, "lost"))
	x := newTab(t, s.API.URL())
	x.withoutScript()
	x = s.as(x, "support")
	x.open("/console/disputes/" + id + "/draft")
	x.fill("Anything else the bank should know", "Too late.")
	x.follow("Save and continue")
	x.await("The bank takes evidence once")
	x.expect(409)
	x.fill("Type the amount 459.00 to confirm", "459.00")
	x.follow("Submit to the bank")
	x.await("This dispute accepts no evidence: its status is lost")
	again()
	times, _ := s.Stripe.Submissions(id)
	require.Zero(t, times)
	require.Equal(t, "draft", s.DB.Text(t, "SELECT state FROM evidence_drafts"))
}
