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

// Each report has the shape that its route documents.
func TestEachReportHasItsShape(t *testing.T) {
	t.Parallel()
	r := report.New(testdb.New(t).Store)
	i := finance.Interval{To: time.Now(), Basis: finance.ByEffective, Zone: time.UTC}
	for _, one := range reports.All {
		var sink shapeOnly
		_, err := one.Write(r, t.Context(), i, &sink)
		require.NoError(t, err)
		require.Equal(t, one.Shape(i), sink.table, one.Name)
		require.Equal(t, one.Itemised == nil, one.Items == nil, one.Name)
		if one.Itemised != nil {
			_, err := one.Itemised(r, t.Context(), i, &sink)
			require.NoError(t, err)
			require.Equal(t, one.Items(i), sink.table, one.Name)
		}
	}
}
