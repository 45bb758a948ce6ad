package fakestripe_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
)

func upload(api *client.API, key, content string) (*stripe.File, error) {
	params := &stripe.FileParams{
		FileReader: bytes.NewReader([]byte(content)), Filename: stripe.String("receipt.pdf"), Purpose: stripe.String("dispute_evidence"),
	}
	params.SetIdempotencyKey(key)
	return api.Files.New(params)
}

const (
	onePage = "%PDF-1.4\n<< /Type /Pages /Count 1 >>"
	png     = "\x89PNG\r\n\x1a\n"
)

// Stripe's own client uploads a file, again under the same key, and submits it as evidence, once.
func TestFilesAreEvidence(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	api := s.stripeGo()
	s.pay("pm_card_createDispute")
	id := s.Disputes()[0].ID
	file, err := upload(api, "key", onePage)
	require.NoError(t, err)
	require.Equal(t, "pdf", file.Type)
	require.EqualValues(t, len(onePage), file.Size)
	again, err := upload(api, "key", onePage)
	require.NoError(t, err, "the boundary differs, and the file does not")
	require.Equal(t, file.ID, again.ID)
	_, err = upload(api, "key", png)
	require.ErrorContains(t, err, "idempotent")
	require.Equal(t, 1, s.Files())
	submit := func(file string) error {
		_, err := api.Disputes.Update(id, &stripe.DisputeParams{Evidence: &stripe.DisputeEvidenceParams{Receipt: stripe.String(file)}})
		return err
	}
	require.ErrorContains(t, submit("file_none"), "No such file upload")
	require.NoError(t, submit(file.ID))
	require.ErrorContains(t, submit(file.ID), "accepts no evidence")
	times, evidence := s.Submissions(id)
	require.Equal(t, 1, times)
	require.Equal(t, file.ID, evidence["receipt"])
}

func TestFilesThatStripeRefuses(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	api := s.stripeGo()
	for content, reason := range map[string]string{
		"GIF89a":   "unsupported type",
		"%PDF-1.4": "damaged or password protected",
		strings.ReplaceAll(onePage, "1 >>", "50 >>"): "fewer than 50 pages",
		png + strings.Repeat("x", 5<<20):             "smaller than 5 MB",
	} {
		_, err := upload(api, "", content)
		require.ErrorContains(t, err, reason)
	}
	s.pay("pm_card_createDispute")
	var ids []*string
	for range 2 {
		file, err := upload(api, "", png+strings.Repeat("x", 3<<20))
		require.NoError(t, err)
		ids = append(ids, stripe.String(file.ID))
	}
	_, err := api.Disputes.Update(s.Disputes()[0].ID, &stripe.DisputeParams{
		Submit: stripe.Bool(false), Evidence: &stripe.DisputeEvidenceParams{Receipt: ids[0], UncategorizedFile: ids[1]},
	})
	require.ErrorContains(t, err, "exceed the limit for a dispute's total size")
	long := stripe.String(strings.Repeat("x", 20_000))
	_, err = api.Disputes.Update(s.Disputes()[0].ID, &stripe.DisputeParams{Evidence: &stripe.DisputeEvidenceParams{
		AccessActivityLog: long, CancellationPolicyDisclosure: long, CancellationRebuttal: long, DuplicateChargeExplanation: long,
		ProductDescription: long, RefundPolicyDisclosure: long, RefundRefusalExplanation: long, UncategorizedText: long,
	}})
	require.ErrorContains(t, err, "limited to 150000")
}
