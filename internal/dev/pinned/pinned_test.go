package pinned_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	_ "farebook/internal/dev/pinned" // what it does is tested
)

// Without a seed on the command line, each run draws the same.
func TestDrawsAreTheSameInEachRun(t *testing.T) {
	t.Parallel()
	seed := flag.Lookup("rapid.seed")
	require.NotNil(t, seed)
	require.Equal(t, "20261127", seed.Value.String())
}
