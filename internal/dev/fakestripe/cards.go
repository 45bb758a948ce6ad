package fakestripe

// behaviour is how payments with a test payment method proceed.
type behaviour struct {
	declineCode string // the issuer declines with this decline_code
	code        string // error code of the decline; empty for card_declined
	action      bool   // the customer has to authenticate first
	processing  bool   // the payment settles later, by CompleteAction or FailAction
	available   bool   // the funds are available immediately, without the pending period
	refundWaits bool   // refunds stay pending for refundTime, or until SettleRefund or FailRefund
	refundFails bool   // refunds succeed, and fail after refundTime or by FailRefund
	disputed    string // reason of a dispute that opens as soon as the payment succeeds
	inquired    bool   // the issuer opens an inquiry as soon as the payment succeeds
	debit       bool   // a bank debit: it moves the balance while the payment is processing (debits.go)
	cancellable bool   // the payment can be cancelled while it is processing
	brand       string
	last4       string
}

// cards maps Stripe's documented test payment methods to their behaviour (stripe.com/docs/testing).
var cards = map[string]behaviour{
	"pm_card_visa":                                   {},
	"pm_card_us":                                     {},
	"pm_card_mastercard":                             {brand: "mastercard", last4: "4444"},
	"pm_card_amex":                                   {brand: "amex", last4: "8431"},
	"pm_card_bypassPending":                          {available: true, last4: "0077"},
	"pm_card_chargeDeclined":                         {declineCode: "generic_decline", last4: "0002"},
	"pm_card_visa_chargeDeclined":                    {declineCode: "generic_decline", last4: "0002"},
	"pm_card_chargeDeclinedInsufficientFunds":        {declineCode: "insufficient_funds", last4: "9995"},
	"pm_card_visa_chargeDeclinedInsufficientFunds":   {declineCode: "insufficient_funds", last4: "9995"},
	"pm_card_visa_chargeDeclinedLostCard":            {declineCode: "lost_card", last4: "9987"},
	"pm_card_visa_chargeDeclinedStolenCard":          {declineCode: "stolen_card", last4: "9979"},
	"pm_card_chargeDeclinedExpiredCard":              {code: "expired_card", last4: "0069"},
	"pm_card_chargeDeclinedIncorrectCvc":             {code: "incorrect_cvc", last4: "0127"},
	"pm_card_chargeDeclinedProcessingError":          {code: "processing_error", last4: "0119"},
	"pm_card_authenticationRequired":                 {action: true, last4: "3184"},
	"pm_card_threeDSecure2Required":                  {action: true, last4: "3220"},
	"pm_card_authenticationRequiredChargeDeclined":   {action: true, declineCode: "insufficient_funds", last4: "9235"},
	"pm_card_refundFail":                             {refundFails: true, last4: "5126"},
	"pm_card_pendingRefund":                          {refundWaits: true, last4: "7726"},
	"pm_card_createDispute":                          {disputed: "fraudulent", last4: "0259"},
	"pm_card_createDisputeProductNotReceived":        {disputed: "product_not_received", last4: "2685"},
	"pm_card_createDisputeInquiry":                   {inquired: true, last4: "1976"},
	"pm_usBankAccount":                               {processing: true, last4: "6789"},
	"pm_usBankAccount_success":                       {processing: true, debit: true, last4: "6789"},
	"pm_usBankAccount_processing":                    {processing: true, debit: true, cancellable: true, last4: "2227"},
	"pm_usBankAccount_insufficientFunds":             {processing: true, debit: true, code: "insufficient_funds", last4: "2222"},
	"pm_usBankAccount_accountClosed":                 {processing: true, debit: true, code: "account_closed", last4: "1113"},
	"pm_usBankAccount_debitNotAuthorized":            {processing: true, debit: true, code: "debit_not_authorized", last4: "3335"},
	"pm_usBankAccount_noAccount":                     {processing: true, debit: true, code: "no_account", last4: "1116"},
	"pm_usBankAccount_dispute":                       {processing: true, debit: true, disputed: "insufficient_funds", last4: "1110"},
	"pm_card_visa_debit":                             {last4: "5556"},
	"pm_card_chargeDeclinedFraudulent":               {declineCode: "fraudulent", last4: "0019"},
	"pm_card_visa_chargeDeclinedVelocityLimitExceed": {declineCode: "card_velocity_exceeded", last4: "6975"},
}

func (b behaviour) declined() bool { return b.declineCode != "" || b.code != "" }

func (b behaviour) errorCode() string {
	if b.code != "" {
		return b.code
	}
	return "card_declined"
}

// messages maps a decline or error code to Stripe's message (stripe.com/docs/error-codes, stripe.com/docs/declines/codes).
var messages = map[string]string{
	"expired_card": "Your card has expired.", "incorrect_cvc": "Your card's security code is incorrect.",
	"processing_error":   "An error occurred while processing your card. Try again in a little bit.",
	"insufficient_funds": "Your card has insufficient funds.", "lost_card": "Your card was declined.",
	"card_velocity_exceeded": "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
	"account_closed":         "The bank account could not be debited because it has been closed.",
	"debit_not_authorized":   "The customer has notified their bank that this payment was unauthorized.",
	"no_account":             "The bank account could not be located.",
}

func (b behaviour) message() string {
	reason := orDefault(b.code, b.declineCode)
	if b.debit && b.code == "insufficient_funds" {
		return "The bank account has insufficient funds."
	}
	if b.debit && reason == "" {
		return "The payment attempt failed."
	}
	return orDefault(messages[reason], "Your card was declined.")
}

func (b behaviour) cardBrand() string {
	if b.brand == "" {
		return "visa"
	}
	return b.brand
}

func (b behaviour) lastFour() string {
	if b.last4 == "" {
		return "4242"
	}
	return b.last4
}
