package workflows

// ByType returns every workflow of this build by its type, the name that histories hold. The worker registers them, and a replay
// runs histories against them.
func ByType() map[string]any {
	return map[string]any{
		TypeBookingPayment: BookingPayment,
		TypeRefund:         Refund,
		TypeDispute:        Dispute,
		TypePayout:         Payout,
		TypeChargeRefunds:  ChargeRefunds,
		TypeSendMail:       SendMail,
		TypeAccountFee:     AccountFee,
		TypeUnbooked:       Unbooked,
		TypeReconciliation: Reconciliation,
		TypeCancelTwins:    CancelTwins,
		TypeSealLedger:     SealLedger,
		TypeRetention:      Retention,

		TypeDeliverWebhooks: DeliverWebhooks,
	}
}
