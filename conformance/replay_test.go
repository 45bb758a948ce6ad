package conformance

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/conformance/internal/replay"
	"farebook/internal/dev/fakestripe"
)

// What a test makes of the stand-in is replayed, and a request that only the stand-in took is found.
func TestRequestsAreReplayed(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(fakestripe.ShapesVariable, dir)
	s := stand(t)
	strictObjects(t, s)
	ask(s, "GET", "/v1/refunds?colour=blue", nil)
	ask(s, "POST", "/v1/refunds", url.Values{"payment_intent": {"pi_nobody"}})
	shapes, err := replay.Shapes(dir)
	require.NoError(t, err)
	replayed, refused := replay.Against(oracle(t), shapes)
	require.Empty(t, refused)
	require.Equal(t, len(shapes)-1, replayed, "all but the one that the stand-in refused")

	_, refused = replay.Against(oracle(t), append(shapes, fakestripe.Shape{Method: "GET", Path: "/v1/refunds", Parameters: "colour=text"}))
	require.Len(t, refused, 1)
	require.Contains(t, refused[0], "colour")
}
