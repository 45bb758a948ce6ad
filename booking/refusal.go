package booking

// RefundRefusal is what a refusal of Stripe's to make a refund means.
type RefundRefusal string

// The meanings.
const (
	RefusedForGood    RefundRefusal = "for_good" // no repetition changes it: the refund has failed
	RefusedForBalance RefundRefusal = "balance"  // Stripe's balance does not cover it yet
	RefusedUnknown    RefundRefusal = "unknown"  // a refusal that this version does not know: a person decides
)

// Codes that the books keep where Stripe gives none.
const (
	CodeBalanceInsufficient = "balance_insufficient"
	CodePaymentNotFound     = "payment_intent_not_found"
	CodeUnknownRefusal      = "unknown_refusal"
	CodeAbandoned           = "abandoned" // by a person, after a refusal that was not final
)

// finalRefusals are the error codes that end a refund (stripe.com/docs/error-codes).
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

// RefundRefusalOf classifies a refusal by Stripe's error code and the parameter that it is about. An amount that is refused
// without a code exceeds what is left of the charge.
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
