package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/finance"
	"farebook/internal/dev/testdb"
	"farebook/starter/reports"
	"farebook/store/report"
)

// shapeOnly keeps the shape of a report.
type shapeOnly struct{ table finance.Table }

func (s *shapeOnly) Begin(table finance.Table) error { s.table = table; return nil }
func (*shapeOnly) Row(finance.Row) error             { return nil }

// Each report has a route, which documents the columns that the report has.
func TestEachReportHasARoute(t *testing.T) {
	t.Parallel()
	r := report.New(testdb.New(t).Store)
	i := finance.Interval{To: time.Now(), Basis: finance.ByEffective, Zone: time.UTC}
	routes := map[string]ledgerReport{}
	for _, route := range ledgerReports {
		routes[route.name] = route
	}
	for _, one := range reports.All {
		route, found := routes[one.Name]
		require.True(t, found, one.Name)
		var sink shapeOnly
		_, err := one.Write(r, t.Context(), i, &sink)
		require.NoError(t, err)
		require.Equal(t, route.shape(i).Columns, sink.table.Columns, one.Name)
		require.Equal(t, one.Itemised == nil, route.items == nil, one.Name)
		if one.Itemised != nil {
			_, err := one.Itemised(r, t.Context(), i, &sink)
			require.NoError(t, err)
			require.Equal(t, route.items(i).Columns, sink.table.Columns, one.Name)
		}
	}
	require.Len(t, routes, len(reports.All))
}
