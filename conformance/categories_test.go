package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/conformance/internal/schema"
)

// Every type of balance transaction in Stripe's specification stands in the table of categories, which docs/ledger.md shows.
func TestEachTypeOfBalanceTransactionIsInTheTable(t *testing.T) {
	t.Parallel()
	spec, err := schema.Specification()
	require.NoError(t, err)
	var listed []string
	for _, category := range booking.Categories {
		listed = append(listed, category.Types...)
	}
	requireListed(t, spec.Components.Schemas["balance_transaction"].Value.Properties["type"].Value.Enum, listed)
}

// Every reporting category that a report of Stripe's can be asked for stands in the table, too.
func TestEachReportingCategoryIsInTheTable(t *testing.T) {
	t.Parallel()
	spec, err := schema.Specification()
	require.NoError(t, err)
	body := spec.Paths.Find("/v1/reporting/report_runs").Post.RequestBody.Value.Content["application/x-www-form-urlencoded"]
	var listed []string
	for _, category := range booking.Categories {
		listed = append(listed, category.Name)
	}
	requireListed(t, body.Schema.Value.Properties["parameters"].Value.Properties["reporting_category"].Value.Enum, listed)
}

func requireListed(t *testing.T, documented []any, listed []string) {
	t.Helper()
	require.NotEmpty(t, documented)
	for _, value := range documented {
		require.Contains(t, listed, value, "booking.Categories leaves it out")
	}
}
