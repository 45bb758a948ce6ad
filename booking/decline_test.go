package booking_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

// Whoever uses a lost or stolen card must not learn that it is known: the traveller hears the same as after a decline without a reason.
func TestSomeReasonsAreNotToldToTheTraveller(t *testing.T) {
	t.Parallel()
	generic := booking.AdviceOn("generic_decline")
	require.False(t, generic.Confidential)
	for _, code := range []string{
		"lost_card", "stolen_card", "fraudulent", "merchant_blacklist", "pickup_card", "highest_risk_level", "a_code_of_tomorrow", "",
	} {
		advice := booking.AdviceOn(code)
		require.True(t, advice.Confidential, code)
		require.Equal(t, generic.Tell, advice.Tell, code)
		require.Equal(t, generic.ID, advice.ID, code)
	}
	for code, advice := range booking.Declines {
		require.NotEmpty(t, advice.Do, code)
		for _, word := range []string{"lost", "stolen", "fraud", "black", "suspect"} {
			require.NotContains(t, strings.ToLower(advice.Tell), word, code)
		}
	}
	require.Equal(t, "funds", booking.AdviceOn("insufficient_funds").ID)
}
