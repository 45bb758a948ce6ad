package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

func TestErrorsReadAsSentences(t *testing.T) {
	t.Parallel()
	errs := booking.FieldErrors{{Field: "customer.email", Problem: "is empty", Fix: "send one address"}, {Field: "a", Problem: "is wrong"}}
	require.EqualError(t, errs, "customer.email is empty: send one address; a is wrong")
	require.EqualError(t, &booking.IllegalTransition{Machine: "booking", From: "expired", To: "confirmed"}, "a booking cannot go from expired to confirmed")
}
