package stripeapi

import (
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
	"farebook/money"
)

// usualAuthorisation is the usual lifetime of an authorisation, for when Stripe does not say
// (stripe.com/docs/payments/place-a-hold-on-a-payment-method). Cancelling early is better than a booking that waits.
const usualAuthorisation = 7 * 24 * time.Hour

// snapshotOf reduces a PaymentIntent to what the books need. It leaves out the client secret on purpose.
func snapshotOf(intent *stripe.PaymentIntent) booking.PaymentSnapshot {
	snapshot := booking.PaymentSnapshot{
		PaymentIntentID:    intent.ID,
		StripeStatus:       string(intent.Status),
		Reference:          booking.Reference(intent.Metadata[MetadataReference]),
		InstallationID:     intent.Metadata[MetadataInstallation],
		RequestKey:         intent.Metadata[MetadataRequestKey],
		Amount:             intent.Amount,
		AmountReceived:     intent.AmountReceived,
		Currency:           money.Currency(strings.ToUpper(string(intent.Currency))),
		CancellationReason: string(intent.CancellationReason),
		DeclineCode:        declineCode(intent.LastPaymentError),
	}
	if charge := intent.LatestCharge; charge != nil {
		snapshot.ChargeID, snapshot.PaidAt = charge.ID, unixOrZero(charge.Created)
		// Not expanded, or not created yet (async capture): only the id is known, or nothing.
		snapshot.Balance = expanded(charge.BalanceTransaction)
		if debit := debitOf(charge); debit != nil {
			snapshot.Debits = []booking.Debit{*debit}
		}
		snapshot.SettlesLater = charge.PaymentMethodDetails != nil &&
			charge.PaymentMethodDetails.Type != stripe.ChargePaymentMethodDetailsTypeCard
		if details := charge.PaymentMethodDetails; details != nil && details.Card != nil {
			snapshot.CaptureBefore = unixOrZero(details.Card.CaptureBefore)
		}
		if snapshot.CaptureBefore.IsZero() && intent.Status == stripe.PaymentIntentStatusRequiresCapture && charge.Created != 0 {
			snapshot.CaptureBefore = time.Unix(charge.Created, 0).UTC().Add(usualAuthorisation)
		}
	}
	return snapshot
}

// declineCode prefers the issuer's decline_code to Stripe's general code ("card_declined").
func declineCode(last *stripe.Error) string {
	switch {
	case last == nil:
		return ""
	case last.DeclineCode != "":
		return string(last.DeclineCode)
	case last.Code != "":
		return string(last.Code)
	default:
		return "unknown"
	}
}

func balanceTransactionOf(txn *stripe.BalanceTransaction) *booking.BalanceTransaction {
	balance := &booking.BalanceTransaction{
		ID:                txn.ID,
		Amount:            txn.Amount,
		Fee:               txn.Fee,
		Net:               txn.Net,
		Currency:          money.Currency(strings.ToUpper(string(txn.Currency))),
		Type:              string(txn.Type),
		ReportingCategory: string(txn.ReportingCategory),
		Created:           time.Unix(txn.Created, 0).UTC(),
		AvailableOn:       unixOrZero(txn.AvailableOn),
		SourceID:          sourceID(txn),
	}
	for _, part := range txn.FeeDetails {
		switch part.Type { // any other part is Stripe's
		case "tax", "withheld_tax":
			balance.Tax += part.Amount
		case "application_fee":
			balance.ApplicationFee += part.Amount
		}
	}
	return balance
}
