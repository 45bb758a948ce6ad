package stripeapi

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
)

// Every field of evidence has a parameter of Stripe's, each its own.
func TestEveryFieldOfEvidenceHasAParameter(t *testing.T) {
	t.Parallel()
	require.Len(t, evidenceParams, len(booking.EvidenceFields()))
	evidence := &stripe.DisputeEvidenceParams{}
	for _, field := range booking.EvidenceFields() {
		parameter, known := evidenceParams[field.Name]
		require.True(t, known, field.Name)
		require.Nil(t, *parameter(evidence), "%s has the parameter of another field", field.Name)
		*parameter(evidence) = stripe.String(field.Name)
	}
	require.Equal(t, "service_date", *evidence.ServiceDate)
}

// Files go to Stripe's host for files, or to the stand-in.
func TestFilesGoToTheirOwnHost(t *testing.T) {
	t.Parallel()
	for base, hosts := range map[string][2]string{
		"":                       {"https://api.stripe.com", "https://files.stripe.com"},
		"http://127.0.0.1:12111": {"http://127.0.0.1:12111", "http://127.0.0.1:12111"},
	} {
		config := stripe.BackendConfig{}
		if base != "" {
			config.URL = stripe.String(base)
		}
		backends := backendsOf(config)
		for i, backend := range []stripe.Backend{backends.API, backends.Uploads} {
			made, is := backend.(*stripe.BackendImplementation)
			require.True(t, is)
			require.Equal(t, hosts[i], made.URL)
		}
	}
}
