package console_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/dev/consolekit"
	"farebook/store"
)

// A payout has its statement, line by line with what remains, for those who may read finance; it is the same as CSV.
func TestAPayoutHasItsStatement(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	known, snapshot := p.paid()
	page := []booking.BalanceTransaction{*snapshot.Balance, *p.balance("other", 700)}
	unmatched, err := p.DB.Store.MatchPayout(t.Context(), store.PayoutPage{PayoutID: "po_1", Page: page}, nil, p.DB.Store.Now())
	require.NoError(t, err)
	contents := booking.PayoutContents{}
	contents.Add(page, unmatched)
	_, err = p.DB.Store.RecordPayout(t.Context(), store.PayoutReading{
		Now: p.DB.Store.Now(), Contents: contents, Snapshot: booking.PayoutSnapshot{
			PayoutID: "po_1", Status: booking.PayoutPaid, Amount: contents.Net, Currency: "USD", Automatic: true, ArrivesAt: p.DB.Store.Now(),
			Balance: p.balance("payout", -contents.Net), Complete: true,
		},
	})
	require.NoError(t, err)

	finance := p.As(access.Finance)
	require.Equal(t, 1, finance.Get("/console/payouts?status=paid").Require(http.StatusOK).Find(`a[href="/console/payouts/po_1"]`).Length())
	shown := finance.Get("/console/payouts/po_1").Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "$466.00")
	require.Contains(t, shown.Text("tr.line-item"), string(known.Reference))
	require.Contains(t, shown.Text("tr.line-unposted"), "$7.00")
	require.NotZero(t, shown.Find("tr.line-remainder").Length())
	file := finance.Get("/console/payouts/po_1/statement.csv").Require(http.StatusOK)
	require.Contains(t, file.Header.Get("Content-Type"), "text/csv")
	require.Contains(t, file.Body, snapshot.Balance.ID)

	viewer := p.As(access.Viewer)
	require.Zero(t, viewer.Get("/console/payouts/po_1").Require(http.StatusOK).Find("tr.line-item").Length())
	require.Equal(t, http.StatusForbidden, viewer.Get("/console/payouts/po_1/statement.csv").Status)
	viewer.Get("/console/payouts/po_2").Require(http.StatusNotFound)
}
