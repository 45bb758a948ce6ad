package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/config"
	"farebook/internal/deployment"
)

func TestVersioningIsOffUnlessADeploymentIsNamed(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.LoadFrom(lines(production()))
	require.NoError(t, err)
	require.False(t, cfg.Build.Versioned())

	both := append(with("TEMPORAL_DEPLOYMENT_NAME", "payments/farebook-worker"), "TEMPORAL_WORKER_BUILD_ID=v1.8.0-1a2b")
	cfg, warnings, err := config.LoadFrom(both)
	require.NoError(t, err)
	require.Empty(t, warnings)
	require.Equal(t, deployment.Build{Deployment: "payments/farebook-worker", ID: "v1.8.0-1a2b"}, cfg.Build)
}

func TestABuildThatTemporalWouldRefuseIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	for says, vars := range map[string][]string{
		"TEMPORAL_WORKER_BUILD_ID is set without TEMPORAL_DEPLOYMENT_NAME": {"TEMPORAL_WORKER_BUILD_ID=a"},
		`TEMPORAL_DEPLOYMENT_NAME is "fare.book"`:                          {"TEMPORAL_DEPLOYMENT_NAME=fare.book", "TEMPORAL_WORKER_BUILD_ID=a"},
		`TEMPORAL_DEPLOYMENT_NAME is "__fare"`:                             {"TEMPORAL_DEPLOYMENT_NAME=__fare", "TEMPORAL_WORKER_BUILD_ID=a"},
		`TEMPORAL_WORKER_BUILD_ID is "a:b"`:                                {"TEMPORAL_DEPLOYMENT_NAME=farebook", "TEMPORAL_WORKER_BUILD_ID=a:b"},
		// Test programs are built without the commit.
		"does not know the commit it was built from": {"TEMPORAL_DEPLOYMENT_NAME=farebook"},
	} {
		_, _, err := config.LoadFrom(append(lines(production()), vars...))
		require.ErrorContains(t, err, says)
	}
}
