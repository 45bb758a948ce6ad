package stripeapi_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/stripeapi"
	"farebook/money"
	"farebook/reconciliation"
)

// libraryTypes and libraryCategories are those that Stripe's library names.
var libraryTypes = []stripe.BalanceTransactionType{
	stripe.BalanceTransactionTypeAdjustment, stripe.BalanceTransactionTypeAdvance, stripe.BalanceTransactionTypeAdvanceFunding,
	stripe.BalanceTransactionTypeAnticipationRepayment, stripe.BalanceTransactionTypeApplicationFee,
	stripe.BalanceTransactionTypeApplicationFeeRefund, stripe.BalanceTransactionTypeCharge,
	stripe.BalanceTransactionTypeClimateOrderPurchase, stripe.BalanceTransactionTypeClimateOrderRefund,
	stripe.BalanceTransactionTypeConnectCollectionTransfer, stripe.BalanceTransactionTypeContribution,
	stripe.BalanceTransactionTypeIssuingAuthorizationHold, stripe.BalanceTransactionTypeIssuingAuthorizationRelease,
	stripe.BalanceTransactionTypeIssuingDispute, stripe.BalanceTransactionTypeIssuingTransaction,
	stripe.BalanceTransactionTypeObligationInbound, stripe.BalanceTransactionTypeObligationOutbound,
	stripe.BalanceTransactionTypeObligationPayout, stripe.BalanceTransactionTypeObligationPayoutFailure,
	stripe.BalanceTransactionTypeObligationReversalInbound, stripe.BalanceTransactionTypeObligationReversalOutbound,
	stripe.BalanceTransactionTypePayment, stripe.BalanceTransactionTypePaymentFailureRefund,
	stripe.BalanceTransactionTypePaymentNetworkReserveHold, stripe.BalanceTransactionTypePaymentNetworkReserveRelease,
	stripe.BalanceTransactionTypePaymentRefund, stripe.BalanceTransactionTypePaymentReversal,
	stripe.BalanceTransactionTypePaymentUnreconciled, stripe.BalanceTransactionTypePayout, stripe.BalanceTransactionTypePayoutCancel,
	stripe.BalanceTransactionTypePayoutFailure, stripe.BalanceTransactionTypeRefund, stripe.BalanceTransactionTypeRefundFailure,
	stripe.BalanceTransactionTypeReserveTransaction, stripe.BalanceTransactionTypeReservedFunds, stripe.BalanceTransactionTypeStripeFee,
	stripe.BalanceTransactionTypeStripeFxFee, stripe.BalanceTransactionTypeTaxFee, stripe.BalanceTransactionTypeTopup,
	stripe.BalanceTransactionTypeTopupReversal, stripe.BalanceTransactionTypeTransfer, stripe.BalanceTransactionTypeTransferCancel,
	stripe.BalanceTransactionTypeTransferFailure, stripe.BalanceTransactionTypeTransferRefund,
}

var libraryCategories = []stripe.BalanceTransactionReportingCategory{
	stripe.BalanceTransactionReportingCategoryAdvance, stripe.BalanceTransactionReportingCategoryAdvanceFunding,
	stripe.BalanceTransactionReportingCategoryCharge, stripe.BalanceTransactionReportingCategoryChargeFailure,
	stripe.BalanceTransactionReportingCategoryConnectCollectionTransfer, stripe.BalanceTransactionReportingCategoryConnectReservedFunds,
	stripe.BalanceTransactionReportingCategoryDispute, stripe.BalanceTransactionReportingCategoryDisputeReversal,
	stripe.BalanceTransactionReportingCategoryFee, stripe.BalanceTransactionReportingCategoryIssuingAuthorizationHold,
	stripe.BalanceTransactionReportingCategoryIssuingAuthorizationRelease, stripe.BalanceTransactionReportingCategoryIssuingTransaction,
	stripe.BalanceTransactionReportingCategoryOtherAdjustment, stripe.BalanceTransactionReportingCategoryPartialCaptureReversal,
	stripe.BalanceTransactionReportingCategoryPayout, stripe.BalanceTransactionReportingCategoryPayoutReversal,
	stripe.BalanceTransactionReportingCategoryPlatformEarning, stripe.BalanceTransactionReportingCategoryPlatformEarningRefund,
	stripe.BalanceTransactionReportingCategoryRefund, stripe.BalanceTransactionReportingCategoryRefundFailure,
	stripe.BalanceTransactionReportingCategoryRiskReservedFunds, stripe.BalanceTransactionReportingCategoryTax,
	stripe.BalanceTransactionReportingCategoryTopup, stripe.BalanceTransactionReportingCategoryTopupReversal,
	stripe.BalanceTransactionReportingCategoryTransfer, stripe.BalanceTransactionReportingCategoryTransferReversal,
}

// The table of docs/ledger.md has every type and category that Stripe's library names.
func TestEachTypeAndCategoryOfTheLibraryIsInTheTable(t *testing.T) {
	t.Parallel()
	types, categories := map[string]bool{}, map[string]bool{}
	for _, category := range booking.Categories {
		categories[category.Name] = true
		for _, name := range category.Types {
			types[name] = true
		}
	}
	for _, name := range libraryTypes {
		require.True(t, types[string(name)], name)
	}
	for _, name := range libraryCategories {
		require.True(t, categories[string(name)], name)
	}
}

// routed is what becomes of each route for a balance transaction whose source is a charge of ours: what is about another kind of
// object, and what is nobody's, is left to an operator.
var routed = map[booking.Route]reconciliation.Object{
	booking.RoutePayment: reconciliation.ObjectPayment, booking.RouteAccountFee: reconciliation.ObjectAccountFee,
	booking.RouteRefund:  reconciliation.ObjectBalanceTransaction,
	booking.RouteDispute: reconciliation.ObjectBalanceTransaction, booking.RoutePayout: reconciliation.ObjectBalanceTransaction,
	booking.RoutePerson: reconciliation.ObjectBalanceTransaction,
}

// paidCharge is the charge of a booking that a card has paid.
func paidCharge(t *testing.T, url string, client *stripeapi.Client) string {
	t.Helper()
	created, err := client.CreatePaymentIntent(t.Context(), stripeapi.NewPaymentIntent{
		Reference: "FB-7K2M9QXA", Amount: money.Money{Value: 45900, Currency: "USD"}, CorrelationID: "c-1",
	}, 1)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/payment_intents/"+created.PaymentIntentID+"/confirm",
		strings.NewReader("payment_method=pm_card_visa&return_url=https%3A%2F%2Ffarebook.example"))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer sk_test_1")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	paid, _, err := client.PaymentIntent(t.Context(), created.PaymentIntentID)
	require.NoError(t, err)
	require.NotEmpty(t, paid.ChargeID)
	return paid.ChargeID
}

// The category decides what a balance transaction is about, and not its source: each pair of type and category has the charge of a
// booking as its source, and only what belongs to the payment is taken for the payment's.
func TestBalanceTransactionIsRoutedByItsCategory(t *testing.T) {
	t.Parallel()
	stand := fakestripe.New(fakestripe.Options{APIKey: "sk_test_1"})
	require.NoError(t, stand.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, stand.Close()) })
	client := stripeapi.New(stripeapi.Config{SecretKey: "sk_test_1", APIBase: stand.URL(), Log: slog.New(slog.DiscardHandler)})
	charge := paidCharge(t, stand.URL(), client)
	want := map[string]reconciliation.Object{}
	book := func(category booking.Category, kind string) {
		id := stand.Book(fakestripe.BalanceTransaction{Amount: -7, Currency: "usd", Type: kind, Category: category.Name, Source: charge})
		want[id] = routed[category.Route]
	}
	for _, category := range booking.Categories {
		for _, kind := range category.Types {
			book(category, kind)
		}
	}
	book(booking.Category{Name: "not_known_yet", Route: booking.RoutePerson}, "not_known_yet")
	now := time.Now()
	got := map[string]reconciliation.Object{}
	lines, more, err := client.BalanceTransactions(t.Context(), reconciliation.Window{From: now.Add(-time.Hour), To: now.Add(time.Hour)}, "",
		true)
	require.NoError(t, err)
	require.False(t, more)
	for _, line := range lines {
		if _, booked := want[line.ID]; booked {
			got[line.ID] = line.Object
		}
	}
	require.Equal(t, want, got)
}
