package workflows

import (
	"fmt"
	"strings"

	"farebook/booking"
)

// BookingPaymentWorkflowID is the workflow id of a booking: "BookingPayment:FB-7K2M9QXA".
func BookingPaymentWorkflowID(reference booking.Reference) string {
	return TypeBookingPayment + ":" + string(reference)
}

// RefundWorkflowID is the workflow id of a refund: "Refund:RF-7K2M9QXA", or "Refund:re_..." for one from the dashboard.
func RefundWorkflowID(id string) string { return TypeRefund + ":" + id }

// DisputeWorkflowID is the workflow id of a dispute: "Dispute:dp_...".
func DisputeWorkflowID(id string) string { return TypeDispute + ":" + id }

// ChargeRefundsWorkflowID is the workflow id of the search for a payment's refunds: "ChargeRefunds:pi_...".
func ChargeRefundsWorkflowID(paymentIntentID string) string {
	return TypeChargeRefunds + ":" + paymentIntentID
}

// CancelTwinsWorkflowID is the workflow id of the search for a booking's unused PaymentIntents: "CancelTwins:FB-7K2M9QXA".
func CancelTwinsWorkflowID(reference booking.Reference) string {
	return TypeCancelTwins + ":" + string(reference)
}

// PayoutWorkflowID is the workflow id of a payout: "Payout:po_...".
func PayoutWorkflowID(id string) string { return TypePayout + ":" + id }

// AccountFeeWorkflowID is the workflow id of a fee for Stripe's services: "AccountFee:txn_...".
func AccountFeeWorkflowID(balanceTransactionID string) string {
	return TypeAccountFee + ":" + balanceTransactionID
}

// UnbookedWorkflowID is the workflow id of a balance transaction that belongs to no booking: "Unbooked:txn_...".
func UnbookedWorkflowID(balanceTransactionID string) string {
	return TypeUnbooked + ":" + balanceTransactionID
}

// ReconciliationWorkflowID is the workflow id of a reconciliation run: "Reconciliation:recon_...".
func ReconciliationWorkflowID(correlationID string) string {
	return TypeReconciliation + ":" + correlationID
}

// SendMailWorkflowID is the workflow id of a requested copy of an email, by its row: "SendMail:17".
func SendMailWorkflowID(emailID uint64) string { return fmt.Sprintf("%s:%d", TypeSendMail, emailID) }

// DeliverWebhooksWorkflowID is the workflow id of the deliveries of a webhook endpoint: "DeliverWebhooks:we_7K2M9QXA4T".
func DeliverWebhooksWorkflowID(endpointID string) string {
	return TypeDeliverWebhooks + ":" + endpointID
}

// RunOf returns the correlation id of the reconciliation run with workflowID, and an empty string for any other workflow.
func RunOf(workflowID string) string {
	if id, found := strings.CutPrefix(workflowID, TypeReconciliation+":"); found {
		return id
	}
	return ""
}
