package metrics

import (
	"time"

	"farebook/booking"
	"farebook/money"
)

// declineCodes are Stripe's decline codes (stripe.com/docs/declines/codes), and Farebook's own for a payment that could not be created.
var declineCodes = []string{
	"approve_with_id", "authentication_not_handled", "authentication_required", "call_issuer", "card_declined", "card_not_supported",
	"card_velocity_exceeded", "currency_not_supported", "do_not_honor", "do_not_try_again", "duplicate_transaction", "expired_card",
	"fraudulent", "generic_decline", "incorrect_address", "incorrect_cvc", "incorrect_number", "incorrect_pin", "incorrect_zip",
	"insufficient_funds", "invalid_account", "invalid_amount", "invalid_cvc", "invalid_expiry_month", "invalid_expiry_year",
	"invalid_number", "invalid_pin", "issuer_not_available", "lost_card", "merchant_blacklist", "mobile_device_authentication_required",
	"new_account_information_available", "no_action_taken", "not_permitted", "offline_pin_required", "online_or_offline_pin_required",
	"payment_intent_authentication_failure", "pickup_card", "pin_try_exceeded", "postal_code_invalid", "processing_error",
	"reenter_transaction", "restricted_card", "revocation_of_all_authorizations", "revocation_of_authorization", "security_violation",
	"service_not_allowed", "stolen_card", "stop_payment_order", "stripe_unreachable", "testmode_decline", "transaction_not_allowed",
	"try_again_later", "unknown", "withdrawal_count_limit_exceeded",
}

// currencyLabel has all currencies that Stripe charges in; only those in use have a series.
var currencyLabel = Label{
	Name: "currency", Values: texts(money.Currencies()...), Text: "ISO 4217 codes that Stripe charges in; those in use have a series",
}

// slowSeconds are the buckets for what takes between a second and an hour.
var slowSeconds = []float64{.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 900, 3600}

var (
	transitions = Definition{
		Name: "farebook_bookings_total", Kind: KindCounter, Processes: both,
		Help: "Bookings that have entered a status, counted after the commit. Imported bookings, and those rebuilt from Stripe after a " +
			"restore, are left out.",
		Labels: []Label{{Name: "status", Values: keys(booking.BookingTransitions)}},
	}
	declines = Definition{
		Name: "farebook_payment_declines_total", Kind: KindCounter, Processes: both,
		Help:   "Declined attempts to pay, by Stripe's decline code.",
		Labels: []Label{{Name: "code", Values: declineCodes, Text: "Stripe's decline codes; `other` for new ones"}},
	}
	captured = Definition{
		Name: "farebook_captured_minor_units_total", Kind: KindCounter, Processes: both,
		Help:   "Money captured, in minor units of the currency, counted after the commit.",
		Labels: []Label{currencyLabel},
	}
	confirmation = Definition{
		Name: "farebook_payment_to_confirmation_seconds", Kind: KindHistogram, Processes: both, buckets: slowSeconds,
		Help: "Time from the payment, by Stripe's clock to the second, to the confirmed booking. Payments by capture and by bank debit are " +
			"left out, because their charge is created long before.",
	}
	ofBookings = []Definition{transitions, declines, captured, confirmation}
)

// Bookings counts what the recorders write. It is a store.Observer.
type Bookings struct {
	transitions, declines, captured *counter
	confirmation                    *histogram
}

// Bookings registers the metrics of bookings and payments.
func (r *Registry) Bookings() *Bookings {
	b := &Bookings{
		transitions: transitions.counter(r.prometheus), declines: declines.counter(r.prometheus), captured: captured.counter(r.prometheus),
		confirmation: confirmation.histogram(r.prometheus),
	}
	b.transitions.start()
	return b
}

// BookingEntered counts a booking that has entered a status.
func (b *Bookings) BookingEntered(status booking.Status) { b.transitions.inc(string(status)) }

// PaymentDeclined counts a declined attempt.
func (b *Bookings) PaymentDeclined(code string) { b.declines.inc(code) }

// MoneyCaptured adds a payment's money.
func (b *Bookings) MoneyCaptured(amount money.Money) {
	b.captured.add(float64(amount.Value), string(amount.Currency))
}

// BookingConfirmed observes how long after its payment a booking was confirmed.
func (b *Bookings) BookingConfirmed(after time.Duration) {
	b.confirmation.observe(max(0, after.Seconds()))
}
