package booking

// DeclineAdvice is what to do about a payment that was declined, by Stripe's decline code (docs.stripe.com/declines/codes).
type DeclineAdvice struct {
	ID   string // stable, so that programs can translate it
	Tell string // what to tell the traveller
	Do   string // what helps, for whoever tells it
	// Confidential: the traveller must not learn the code. Whoever uses a lost or stolen card, or is suspected of fraud, would be warned.
	Confidential bool
}

// The advices. Their Tell never names a reason that the traveller must not learn.
var (
	adviceGeneric = DeclineAdvice{
		"ask_bank", "Your bank declined the payment and gave no reason that we can pass on. Please use another card, or ask your bank.",
		"The bank decides alone and tells Stripe no more. Another card or the bank's consent helps; another attempt seldom does.", false,
	}
	adviceConfidential = DeclineAdvice{
		"ask_bank", adviceGeneric.Tell,
		"Say no more than this. Do not pass on the code, and do not ask for another attempt with the same card.", true,
	}
	adviceFunds = DeclineAdvice{
		"funds", "Your bank declined the payment because of the card's balance or limit. Please use another card, or ask your bank.",
		"Another card, or another attempt once the balance or the limit allows it.", false,
	}
	adviceDetails = DeclineAdvice{
		"details", "Some of the card's details were not right. Please enter number, expiry date, security code and postcode again.",
		"Another attempt with the right details; the link of the booking is valid until its hold ends.", false,
	}
	adviceExpired = DeclineAdvice{
		"expired", "The card has expired. Please use another card.", "Another card.", false,
	}
	adviceAuthentication = DeclineAdvice{
		"authentication", "Your bank has to confirm that it is you. Please pay again and follow your bank's instructions.",
		"Another attempt, with the bank's app or message at hand. If it fails again, another card.", false,
	}
	adviceUnsupported = DeclineAdvice{
		"unsupported", "The card does not allow this kind of payment, or this currency. Please use another card, or ask your bank.",
		"Another card, or the bank's consent to payments online, abroad and in the booking's currency.", false,
	}
	adviceLater = DeclineAdvice{
		"later", "Your bank could not be reached. Please try again in a few minutes.",
		"Another attempt later; if it fails again, another card.", false,
	}
	adviceDuplicate = DeclineAdvice{
		"duplicate", "A payment of the same amount with the same card was made a moment ago. Please wait before you pay again.",
		"Search for the address first: the other payment may have confirmed another booking.", false,
	}
	adviceTest = DeclineAdvice{
		"test_card", "This is a test card. Please use a real card.", "Real cards are declined in test mode, and test cards in live mode.", false,
	}
	adviceOurs = DeclineAdvice{
		"ours", "The payment was not started because of a fault on our side. Please try again.",
		"The code is Farebook's or concerns the request: see what needs attention.", false,
	}
)

// Declines are the known decline codes and errors of cards with their advice.
var Declines = map[string]DeclineAdvice{
	"approve_with_id": adviceLater, "call_issuer": adviceGeneric, "card_declined": adviceGeneric, "do_not_honor": adviceGeneric,
	"do_not_try_again": adviceGeneric, "generic_decline": adviceGeneric, "new_account_information_available": adviceGeneric,
	"no_action_taken": adviceGeneric, "revocation_of_all_authorizations": adviceGeneric, "revocation_of_authorization": adviceGeneric,
	"stop_payment_order": adviceGeneric, "invalid_amount": adviceGeneric,

	"fraudulent": adviceConfidential, "highest_risk_level": adviceConfidential, "elevated_risk_level": adviceConfidential,
	"lost_card": adviceConfidential, "merchant_blacklist": adviceConfidential, "pickup_card": adviceConfidential,
	"restricted_card": adviceConfidential, "rule": adviceConfidential, "security_violation": adviceConfidential,
	"stolen_card": adviceConfidential,

	"card_velocity_exceeded": adviceFunds, "insufficient_funds": adviceFunds, "withdrawal_count_limit_exceeded": adviceFunds,

	"incorrect_address": adviceDetails, "incorrect_cvc": adviceDetails, "incorrect_number": adviceDetails, "incorrect_pin": adviceDetails,
	"incorrect_zip": adviceDetails, "invalid_account": adviceDetails, "invalid_cvc": adviceDetails, "invalid_expiry_month": adviceDetails,
	"invalid_expiry_year": adviceDetails, "invalid_number": adviceDetails, "invalid_pin": adviceDetails, "postal_code_invalid": adviceDetails,

	"expired_card": adviceExpired,

	"authentication_required": adviceAuthentication, "authentication_not_handled": adviceAuthentication,
	"mobile_device_authentication_required": adviceAuthentication, "offline_pin_required": adviceAuthentication,
	"online_or_offline_pin_required": adviceAuthentication, "payment_intent_authentication_failure": adviceAuthentication,

	"card_not_supported": adviceUnsupported, "currency_not_supported": adviceUnsupported, "not_permitted": adviceUnsupported,
	"pin_try_exceeded": adviceUnsupported, "service_not_allowed": adviceUnsupported, "transaction_not_allowed": adviceUnsupported,

	"issuer_not_available": adviceLater, "processing_error": adviceLater, "reenter_transaction": adviceLater, "try_again_later": adviceLater,

	"duplicate_transaction": adviceDuplicate, "live_mode_test_card": adviceTest, "testmode_decline": adviceTest,
	"stripe_unreachable": adviceOurs,
}

// AdviceOn is the advice on a decline code. A code that is not known, and may be one that the traveller must not learn, gets the
// confidential one.
func AdviceOn(code string) DeclineAdvice {
	if advice, known := Declines[code]; known {
		return advice
	}
	return adviceConfidential
}
