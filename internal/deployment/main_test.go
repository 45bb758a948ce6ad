package deployment_test

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
)

const (
	patience = 2 * time.Minute
	pace     = 50 * time.Millisecond
)

func address(t *testing.T) string {
	t.Helper()
	given := os.Getenv("FAREBOOK_TEST_TEMPORAL_ADDRESS")
	require.NotEmpty(t, given, "no Temporal server: run `make test`, or set FAREBOOK_TEST_TEMPORAL_ADDRESS")
	return given
}

func quiet() sdklog.Logger { return sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
