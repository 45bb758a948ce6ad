package mail

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A server may repeat the recipient in its answer, and the answer is stored where no address belongs.
func TestAnswersAreKeptWithoutAddresses(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"2.0.0 Ok: queued as 4XyZ":                               "2.0.0 Ok: queued as 4XyZ",
		"2.1.5 <layla@example.com> recipient ok\r\n2.0.0 queued": "2.1.5 recipient ok 2.0.0 queued",
		"":            "",
		"queued \xff": "queued ?",
	} {
		require.Equal(t, want, withoutAddresses(answer))
	}
}
