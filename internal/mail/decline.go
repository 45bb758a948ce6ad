package mail

// The reasons why a payment fails, by what the customer can do about them.
const (
	funds          = "funds"
	details        = "details"
	authentication = "authentication"
	unsupported    = "unsupported"
	later          = "later"
	unreachable    = "unreachable"
	stopped        = "stopped"
	declined       = "declined"
)

// family groups Stripe's decline codes (stripe.com/docs/declines/codes). For a stolen or lost card, or suspected fraud, the
// email gives no reason: whoever uses the card must not learn it. A payment that is no longer payable and was not declined by a
// bank was refused or cancelled at Stripe.
func family(code string, payable bool) string {
	switch code {
	case "insufficient_funds", "withdrawal_count_limit_exceeded", "card_velocity_exceeded":
		return funds
	case "expired_card", "incorrect_address", "incorrect_cvc", "incorrect_number", "incorrect_zip", "invalid_account",
		"invalid_cvc", "invalid_expiry_month", "invalid_expiry_year", "invalid_number", "postal_code_invalid":
		return details
	case "authentication_required", "authentication_not_handled", "payment_intent_authentication_failure",
		"mobile_device_authentication_required":
		return authentication
	case "card_not_supported", "currency_not_supported", "not_permitted", "service_not_allowed", "transaction_not_allowed":
		return unsupported
	case "processing_error", "issuer_not_available", "try_again_later", "reenter_transaction", "approve_with_id":
		return later
	case "stripe_unreachable":
		return unreachable
	}
	if payable {
		return declined
	}
	return stopped
}
