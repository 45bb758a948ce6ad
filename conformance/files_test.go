package conformance

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
)

// Stripe's own client uploads a file and submits it as evidence: file and dispute are objects by Stripe's schemas.
func TestFilesOfEvidenceAreStripes(t *testing.T) {
	t.Parallel()
	s := stand(t)
	require.NoError(t, s.Start("127.0.0.1:0"))
	pay(t, s, "pm_card_createDispute", nil)
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(s.URL()), MaxNetworkRetries: stripe.Int64(0), EnableTelemetry: stripe.Bool(false),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	api := &client.API{}
	api.Init("sk_test_1", &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
	file, err := api.Files.New(&stripe.FileParams{
		FileReader: bytes.NewReader([]byte("%PDF-1.4\n<< /Type /Pages /Count 1 >>")), Filename: stripe.String("receipt.pdf"),
		Purpose: stripe.String(string(stripe.FilePurposeDisputeEvidence)),
	})
	require.NoError(t, err)
	require.True(t, json.Valid(file.LastResponse.RawJSON))
	requireSchema(t, "file", file.LastResponse.RawJSON)
	_, body := ask(s, http.MethodGet, "/v1/files/"+file.ID, nil)
	requireSchema(t, "file", body)
	id := s.Disputes()[0].ID
	_, err = api.Disputes.Update(id, &stripe.DisputeParams{Evidence: &stripe.DisputeEvidenceParams{Receipt: stripe.String(file.ID)}})
	require.NoError(t, err)
	_, body = ask(s, http.MethodGet, "/v1/disputes/"+id, nil)
	requireSchema(t, "dispute", body)
}
