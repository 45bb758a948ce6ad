package reconciliation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
	"farebook/reconciliation"
)

const ownKey = "booking_reference"

func TestRulesOfOtherIntegrations(t *testing.T) {
	t.Parallel()
	shop := reconciliation.Origin{
		ChargeID: "ch_1", PaymentIntentID: "pi_3ShopA", Metadata: map[string]string{"shop_order": "4711", "app": "shop"},
		Descriptors: []string{"", "Acme Shop 12"},
	}
	for rules, want := range map[string]string{
		"metadata:shop_order":                  "metadata:shop_order",
		"metadata:app=shop":                    "metadata:app=shop",
		"metadata:app=travel":                  "",
		"metadata:none":                        "",
		"descriptor:ACME SHOP":                 "descriptor:ACME SHOP",
		"descriptor:shop":                      "", // a prefix, not a part
		"descriptor:Acme Shop 12":              "descriptor:Acme Shop 12",
		"descriptor:acme shop 12 is longer":    "", // 22 bytes, the most
		"payment_intent:pi_3Shop":              "payment_intent:pi_3Shop",
		"payment_intent:pi_3shop":              "", // ids differ by case
		" metadata:none , metadata:app = shop": "",
		"metadata:none,,descriptor:Acme":       "descriptor:Acme",
		"":                                     "",
	} {
		parsed, err := reconciliation.ParseIntegrations(rules, ownKey)
		require.NoError(t, err, rules)
		rule, found := parsed.Of(shop)
		require.Equal(t, want != "", found, rules)
		if found {
			require.Equal(t, want, rule.String())
		}
	}
	ours := shop
	ours.Reference = "FB-7K2M9QXA"
	parsed, err := reconciliation.ParseIntegrations("metadata:shop_order,payment_intent:pi_3", ownKey)
	require.NoError(t, err)
	_, found := parsed.Of(ours)
	require.False(t, found, "our metadata wins")
}

func TestRulesThatCannotBeMeantAreRefused(t *testing.T) {
	t.Parallel()
	for rule, why := range map[string]string{
		"shop_order":                               "write metadata:KEY",
		"metadata:":                                "has no value",
		"metadata:=x":                              "a metadata key has 1 to 40 bytes",
		"metadata:booking_reference":               "Farebook's own payments bear booking_reference",
		"metadata:booking_reference=FB-1":          "Farebook's own payments bear booking_reference",
		"payment_intent:pi_":                       "every PaymentIntent",
		"payment_intent:ch_1":                      "pi_ and more",
		"descriptor:longer than any descriptor is": "22 bytes at most",
		"email:shop@example.com":                   "a rule reads metadata, descriptor or payment_intent",
		"metadata:ok,nothing":                      `rule "nothing"`,
	} {
		_, err := reconciliation.ParseIntegrations(rule, ownKey)
		require.ErrorContains(t, err, why, rule)
	}
}

// A rule comes before the opening, and nothing is explained of a payment that is neither.
func TestPaymentThatNoBookingHasIsExplained(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, time.May, 1, 0, 0, 0, 0, time.UTC)
	opening := ledger.Opening{At: at}
	rules, err := reconciliation.ParseIntegrations("metadata:shop_order", ownKey)
	require.NoError(t, err)
	shop := map[string]string{"shop_order": "1"}
	for name, c := range map[string]struct {
		origin reconciliation.Origin
		want   string
	}{
		"a rule": {
			reconciliation.Origin{ChargeID: "ch_1", Metadata: shop, Settled: at.Add(time.Hour)},
			"charge ch_1 is another integration's, by the rule metadata:shop_order",
		},
		"a rule, before": {
			reconciliation.Origin{ChargeID: "ch_1", Metadata: shop, Settled: at.Add(-time.Hour)},
			"charge ch_1 is another integration's, by the rule metadata:shop_order",
		},
		"before": {
			reconciliation.Origin{ChargeID: "ch_1", Settled: at.Add(-time.Second)},
			"charge ch_1 was paid before the opening of 2027-05-01T00:00:00Z",
		},
		"in the opening second": {reconciliation.Origin{ChargeID: "ch_1", Settled: at}, ""},
		"after":                 {reconciliation.Origin{ChargeID: "ch_1", Settled: at.Add(time.Second)}, ""},
		"not settled yet":       {reconciliation.Origin{ChargeID: "ch_1"}, ""},
	} {
		explained := reconciliation.Explain(c.origin, rules, opening)
		require.Equal(t, c.want != "", explained.Known(), name)
		if explained.Known() {
			require.Equal(t, c.want, explained.String(), name)
		}
	}
	require.False(t, reconciliation.Explain(reconciliation.Origin{ChargeID: "ch_1", Settled: at}, nil, ledger.Opening{}).Known(),
		"an account that began with Farebook")
}

// What the books know as a booking's is explained by no rule.
func TestOnlyWhatNoBookingHasIsExplained(t *testing.T) {
	t.Parallel()
	orphan, person := reconciliation.Finding{Class: reconciliation.OrphanPayment},
		reconciliation.Finding{Class: reconciliation.MissingInLedger}
	line := reconciliation.Line{ChargeID: "ch_1", Object: reconciliation.ObjectPayment}
	adjustment := reconciliation.Line{ChargeID: "ch_1", Object: reconciliation.ObjectBalanceTransaction}
	ours := reconciliation.Known{PaymentKnown: true}
	require.True(t, reconciliation.Explainable(orphan, line, reconciliation.Known{}))
	require.True(t, reconciliation.Explainable(person, adjustment, reconciliation.Known{}))
	require.False(t, reconciliation.Explainable(person, adjustment, ours))
	require.False(t, reconciliation.Explainable(person, line, reconciliation.Known{BookingKnown: true}), "its own workflow records it")
	require.False(t, reconciliation.Explainable(orphan, reconciliation.Line{Object: reconciliation.ObjectPayment}, reconciliation.Known{}),
		"nothing says whose it is")
}
