package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

func TestIllegalTransitionReadsAsASentence(t *testing.T) {
	t.Parallel()
	require.EqualError(t, &booking.IllegalTransitionError{Machine: "booking", From: "expired", To: "confirmed"},
		"a booking cannot go from expired to confirmed")
}
