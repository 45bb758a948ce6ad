package command_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// A booking is shown with its money, and with --story as everything that happened to it, comments on its matters included.
func TestABookingIsShownAsAStory(t *testing.T) {
	books := testkit.NewBooks(t)
	t.Setenv("DATABASE_DSN", books.AppDSN)
	reference := string(books.Book("shown", time.Hour))
	books.Exec(t, `INSERT INTO attention_items (booking_id, kind, subject, text, opened_at)
		SELECT id, 'other_payment', 'pi_2', 'a second PaymentIntent', UTC_TIMESTAMP(6) FROM bookings`)
	matter := books.Text(t, "SELECT id FROM attention_items")
	_, _, err := run(t, "attention", "take", matter)
	require.NoError(t, err)
	_, _, err = run(t, "attention", "comment", matter, "--text", " ")
	require.ErrorContains(t, err, "invalid --text")
	_, _, err = run(t, "attention", "comment", matter, "--text", "the bank answers on Monday")
	require.NoError(t, err)
	out, _, err := run(t, "attention", "show", matter)
	require.NoError(t, err)
	require.Contains(t, out, "the bank answers on Monday")

	out, _, err = run(t, "bookings", "show", reference)
	require.NoError(t, err)
	require.Contains(t, out, "$459.00")
	require.NotContains(t, out, "Monday")
	out, _, err = run(t, "bookings", "show", reference, "--story")
	require.NoError(t, err)
	require.Contains(t, out, "the booking is held")
	require.Contains(t, out, "the bank answers on Monday")
	require.Regexp(t, `(?m)^MATTER +KIND +OPEN +TAKEN BY`, out)
	out, _, err = run(t, "bookings", "show", reference, "--story", "--format", "json")
	require.NoError(t, err)
	var told struct{ Timeline []struct{ What string } }
	require.NoError(t, json.Unmarshal([]byte(out), &told))
	require.NotEmpty(t, told.Timeline)
	_, _, err = run(t, "bookings", "show", "FB-00000000")
	require.ErrorContains(t, err, "no booking has the reference")
	_, _, err = run(t, "attention", "give-back", matter)
	require.NoError(t, err)
	_, _, err = run(t, "attention", "take", "999")
	require.ErrorContains(t, err, "no matter has the number 999")
}
