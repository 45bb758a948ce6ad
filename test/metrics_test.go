package test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// getText reads a page of an admin address.
func getText(t *testing.T, url string) (int, string) {
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
