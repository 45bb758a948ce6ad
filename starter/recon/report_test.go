package recon_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/starter/recon"
	runs "farebook/store/recon"
)

// Programs read minor units, people the decimal text beside them; what the two amounts measure is named.
func TestAmountsHaveTheirDecimalTextAndMeasure(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	run, err := runs.New(db.Store).BeginRun(t.Context(), runs.Run{
		CorrelationID: "recon_1", Options: reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
		WindowStart: time.Now().UTC(), WindowEnd: time.Now().UTC(), StartedAt: time.Now().UTC(),
	})
	require.NoError(t, err)
	finding := func(class reconciliation.Class, object reconciliation.Object, id, transaction string, here, there int64,
		currency money.Currency,
	) reconciliation.Finding {
		return reconciliation.Finding{
			Class: class, Object: object, StripeID: id, BalanceTransactionID: transaction, Here: here, AtStripe: there, Currency: currency,
			Reason: "r",
		}
	}
	require.NoError(t, runs.New(db.Store).AddFindings(t.Context(), run.ID, []reconciliation.Finding{
		finding(reconciliation.AmountMismatch, reconciliation.ObjectRefund, "re_1", "txn_1", -47400, -47399, "USD"),
		finding(reconciliation.FeeMismatch, reconciliation.ObjectPayment, "pi_2", "txn_2", 5, 1361, "USD"),
		finding(reconciliation.StateMismatch, reconciliation.ObjectPayment, "pi_3", "", 68000, 68000, "JPY"),
		finding(reconciliation.AmountMismatch, reconciliation.ObjectClearing, "balance-KWD", "", 1005, 0, "KWD"),
		finding(reconciliation.AmountMismatch, reconciliation.ObjectBalanceKind, "issuing-USD", "", 0, 7, "USD"),
		finding(reconciliation.StateMismatch, reconciliation.ObjectPayout, "po_1", "", 0, 0, ""),
	}))
	shown, _, err := recon.Report(t.Context(), db.Store, run, 0)
	require.NoError(t, err)
	type amounts struct{ measure, here, atStripe string }
	got := map[string]amounts{}
	for _, item := range shown.Details {
		got[item.StripeID] = amounts{item.Measure, item.HereDecimal, item.AtStripeDecimal}
	}
	require.Equal(t, map[string]amounts{
		"re_1": {"net", "-474.00", "-473.99"}, "pi_2": {"fee", "0.05", "13.61"}, "pi_3": {"gross", "68000", "68000"},
		"balance-KWD": {"balance", "1.005", "0.000"}, "issuing-USD": {"balance", "0.00", "0.07"}, "po_1": {},
	}, got)
	differences := map[string]string{}
	for _, count := range shown.Counts {
		differences[count.Class+" "+count.Currency] = count.Decimal
	}
	require.Equal(t, map[string]string{
		"amount_mismatch USD": "-0.08", "amount_mismatch KWD": "1.005", "fee_mismatch USD": "-13.56", "state_mismatch JPY": "0",
		"state_mismatch ": "",
	}, differences)

	text, err := json.Marshal(shown)
	require.NoError(t, err)
	require.Contains(t, string(text), `"here":-47400,"atStripe":-47399,"hereDecimal":"-474.00"`)
}
