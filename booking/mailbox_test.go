package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

func TestSpellingsOfOneMailboxCountAsOne(t *testing.T) {
	t.Parallel()
	for _, email := range []string{
		"victim@example.com", "Victim@EXAMPLE.com", "v.i.ctim@example.com", "victim+1@example.com",
		"vic.tim+a+b@example.com",
	} {
		require.Equal(t, "victim@example.com", booking.Mailbox(email))
	}
	require.Equal(t, "other@example.com", booking.Mailbox("other@example.com"))
	require.Equal(t, "victim@sub.example.com", booking.Mailbox("victim@sub.example.com"))
}
