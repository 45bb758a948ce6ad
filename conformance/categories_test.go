package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

// Every type of balance transaction in Stripe's specification stands in the table of categories, which docs/ledger.md shows.
func TestEachTypeOfBalanceTransactionIsInTheTable(t *testing.T) {
	t.Parallel()
	spec, err := specification()
	require.NoError(t, err)
	types := spec.Components.Schemas["balance_transaction"].Value.Properties["type"].Value.Enum
	require.NotEmpty(t, types)
	listed := map[string]bool{}
	for _, category := range booking.Categories {
		for _, kind := range category.Types {
			listed[kind] = true
		}
	}
	var missing []any
	for _, kind := range types {
		if text, _ := kind.(string); !listed[text] {
			missing = append(missing, kind)
		}
	}
	require.Empty(t, missing, "types of balance transactions that booking.Categories leaves out")
}
