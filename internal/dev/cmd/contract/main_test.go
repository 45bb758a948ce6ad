package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSaysPlainlyThatStripeWasNotAsked(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(t.Context(), "", &out))
	require.Contains(t, out.String(), "Stripe: NOT RUN")
	require.ErrorContains(t, run(t.Context(), "sk_live_1", &strings.Builder{}), "test mode")
}
