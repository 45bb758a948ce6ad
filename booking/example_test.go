package booking_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"farebook/booking"
	"farebook/money"
)

// The default policy gives back all of a payment up to a week before departure, half of it up to two days before, and nothing later.
func ExamplePolicy_Quote() {
	policy, err := booking.ParsePolicy(booking.DefaultPolicy)
	if err != nil {
		fmt.Println(err)
		return
	}
	paid := money.Money{Value: 45900, Currency: "USD"}
	departure := time.Date(2027, time.May, 1, 14, 20, 0, 0, time.UTC)
	for _, before := range []time.Duration{8 * 24 * time.Hour, 3 * 24 * time.Hour, time.Hour} {
		quote := policy.Quote(paid, 0, departure, departure.Add(-before))
		fmt.Printf("%d hours before: %d%%, %s back, %s kept\n",
			quote.HoursBeforeDeparture, quote.Percent, quote.Refund.Format(money.LocaleEN), quote.Kept.Format(money.LocaleEN))
	}
	// Output:
	// 192 hours before: 100%, $459.00 back, $0.00 kept
	// 72 hours before: 50%, $229.50 back, $229.50 kept
	// 1 hours before: 0%, $0.00 back, $459.00 kept
}

// What was refunded before counts: a quote never gives back more than the policy's share of the payment.
func ExamplePolicy_Quote_refundedBefore() {
	policy := booking.Policy{{HoursBefore: 168, Percent: 100}, {HoursBefore: 48, Percent: 50}}
	departure := time.Date(2027, time.May, 1, 14, 20, 0, 0, time.UTC)
	quote := policy.Quote(money.Money{Value: 45900, Currency: "USD"}, 10000, departure, departure.AddDate(0, 0, -3))
	fmt.Println(quote.Refund.Format(money.LocaleEN), "of $459.00")
	fmt.Println(quote.Kept.Format(money.LocaleEN), "is kept")
	// Output:
	// $129.50 of $459.00
	// $229.50 is kept
}

// A policy in which waiting pays is refused.
func ExampleParsePolicy() {
	_, err := booking.ParsePolicy("48:50,24:80")
	fmt.Println("REFUND_POLICY", err)
	// Output: REFUND_POLICY has rule 2 out of order: hours must decrease from rule to rule, and percentages must not increase
}

// A booking moves between the states of BookingTransitions alone.
func ExampleStatus_To() {
	fmt.Println(booking.StatusPendingPayment.To(booking.StatusConfirmed))
	fmt.Println(booking.StatusConfirmed.To(booking.StatusConfirmed)) // the same event again
	err := booking.StatusExpired.To(booking.StatusConfirmed)
	var illegal *booking.IllegalTransitionError
	fmt.Println(errors.As(err, &illegal), err)
	// Output:
	// <nil>
	// <nil>
	// true a booking cannot go from expired to confirmed
}

// A payment that has succeeded stays so. One that was cancelled may still succeed at Stripe: its money is recorded and refunded.
func ExamplePaymentStatus_To() {
	fmt.Println(booking.PaymentSucceeded.To(booking.PaymentCanceled))
	fmt.Println(booking.PaymentCanceled.To(booking.PaymentSucceeded))
	// Output:
	// a payment cannot go from succeeded to canceled
	// <nil>
}

// The status of a paid booking follows its money, in whatever order refunds and disputes are heard of.
func ExampleStanding_Status() {
	for _, standing := range []booking.Standing{
		{Captured: 45900},
		{Captured: 45900, Refunded: 10000},
		{Captured: 45900, Refunded: 10000, Disputed: true},
		{Captured: 45900, Refunded: 10000, ChargedBack: 35900},
		{Captured: 45900, Cancelled: true},
	} {
		fmt.Println(standing.Status())
	}
	// Output:
	// confirmed
	// partially_refunded
	// disputed
	// refunded
	// cancelled
}

// Stripe's states of a PaymentIntent in the words of the books. A decline leaves it payable, and so is no final state.
func ExamplePaymentSnapshot_PaymentStatus() {
	fmt.Println(booking.PaymentSnapshot{StripeStatus: "requires_payment_method"}.PaymentStatus())
	fmt.Println(booking.PaymentSnapshot{StripeStatus: "requires_payment_method", DeclineCode: "insufficient_funds"}.PaymentStatus())
	fmt.Println(booking.PaymentSnapshot{StripeStatus: "requires_capture"}.PaymentStatus())
	fmt.Println(booking.PaymentSnapshot{StripeStatus: "a_state_of_tomorrow"}.PaymentStatus())
	// Output:
	// pending
	// failed
	// authorized
	// unknown
}

// A reference derives from a hash of the request: the same request has the same reference, also after the database was restored.
func ExampleReferenceFrom() {
	for _, key := range []string{"my-first", "my-second", "my-first"} {
		hash := sha256.Sum256([]byte("client 1, Idempotency-Key " + key))
		fmt.Println(booking.ReferenceFrom(hash[:]))
	}
	// Output:
	// FB-9XDZ3FBC
	// FB-BZ2AF79V
	// FB-9XDZ3FBC
}

// References have no I, L, O and U, so that they survive the telephone.
func ExampleParseReference() {
	fmt.Println(booking.ParseReference("FB-7K2M9QXA"))
	_, err := booking.ParseReference("FB-7K2M9QXO")
	fmt.Println(err)
	// Output:
	// FB-7K2M9QXA <nil>
	// reference is not a booking reference: send FB- and eight capital letters or digits
}
