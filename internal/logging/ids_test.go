package logging_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/logging"
)

// Some correlation ids have thirteen digits or more in a row that pass a card's check: they stay, or a line could be followed
// nowhere. A card number beside one does not, and neither do digits in the form of one.
func TestCorrelationIDsWithACardsDigitsStay(t *testing.T) {
	t.Parallel()
	const card = "4242424242424242"
	for _, id := range []string{"a4242424-2424-4242-842a-0123456789ab", "recon_" + card + "abcdef0123456789"} {
		require.Equal(t, id, logging.Redact(id))
		require.Equal(t, id+" paid by "+logging.Redacted, logging.Redact(id+" paid by "+card))
		require.Equal(t, logging.Redacted+" in "+id, logging.Redact(card+" in "+id))
	}
	require.NotContains(t, logging.Redact("42424242-4242-4242-8424-242424242424"), "4242-4242")
	require.NotContains(t, logging.Redact("recon_"+card+card), card)
}
