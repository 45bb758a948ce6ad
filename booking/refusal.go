package booking

// RefundRefusal is the meaning of an error with which Stripe refuses a refund.
type RefundRefusal string

// The meanings.
const (
	RefusedForGood    RefundRefusal = "for_good" // permanent: the refund has failed
	RefusedForBalance RefundRefusal = "balance"  // Stripe's balance does not cover it yet
	RefusedUnknown    RefundRefusal = "unknown"  // an error that this version does not know: an operator decides
)

// Codes that the books store if Stripe gives none.
const (
	CodeBalanceInsufficient = "balance_insufficient"
	CodePaymentNotFound     = "payment_intent_not_found"
	CodeUnknownRefusal      = "unknown_refusal"
	CodeAbandoned           = "abandoned" // by an operator, after a refusal that was not final
)

// finalRefusals lists the error codes that end a refund (stripe.com/docs/error-codes).
var finalRefusals = map[string]bool{
	"amount_too_large":                   true,
	"amount_too_small":                   true,
	"charge_already_refunded":            true,
	"charge_disputed":                    true,
	"charge_for_pending_refund_disputed": true,
	"charge_not_refundable":              true,
	"parameter_invalid_integer":          true,
	"refund_disputed_payment":            true,
}

// RefundRefusalOf classifies a refusal by Stripe's error code and the parameter that it concerns. An amount refused without a
// code exceeds what is left of the charge.
func RefundRefusalOf(code, param string) RefundRefusal {
	switch {
	case finalRefusals[code], code == "" && param == "amount":
		return RefusedForGood
	case code == CodeBalanceInsufficient, code == "insufficient_funds":
		return RefusedForBalance
	default:
		return RefusedUnknown
	}
}
