package booking_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/validation"
)

// A hold ends before the departure, and methods that take longer than what is left are not offered.
func TestHoldEndsBeforeTheDeparture(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	rules := booking.HoldRules{BeforeDeparture: 30 * time.Minute, SlowMinHold: 15 * time.Minute, SlowBeforeDeparture: 168 * time.Hour}
	for name, c := range map[string]struct {
		departsIn time.Duration
		minutes   int
		held      time.Duration // zero: refused
		methods   booking.PaymentMethods
	}{
		"far away":               {30 * 24 * time.Hour, 30, 30 * time.Minute, booking.MethodsAutomatic},
		"within a week":          {167 * time.Hour, 30, 30 * time.Minute, booking.MethodsCard},
		"a week away":            {168 * time.Hour, 30, 30 * time.Minute, booking.MethodsAutomatic},
		"shortest slow hold":     {30 * 24 * time.Hour, 15, 15 * time.Minute, booking.MethodsAutomatic},
		"short hold":             {30 * 24 * time.Hour, 14, 14 * time.Minute, booking.MethodsCard},
		"hold meets the margin":  {50 * time.Minute, 30, 20 * time.Minute, booking.MethodsCard},
		"one minute is left":     {31 * time.Minute, 30, time.Minute, booking.MethodsCard},
		"less than a minute":     {31*time.Minute - time.Second, 30, 0, ""},
		"departs within margin":  {10 * time.Minute, 1, 0, ""},
		"longest hold, same day": {12 * time.Hour, booking.MaxHoldMinutes, 12*time.Hour - 30*time.Minute, booking.MethodsCard},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := booking.Request{HoldMinutes: c.minutes, Flight: booking.Flight{DepartsAt: now.Add(c.departsIn)}}
			hold, err := rules.HoldFor(request, now, time.Minute)
			if c.held == 0 {
				var fields validation.FieldErrors
				require.ErrorAs(t, err, &fields)
				require.Equal(t, "flight.departsAt", fields[0].Field)
				return
			}
			require.NoError(t, err)
			require.Equal(t, now.Add(c.held), hold.Expires)
			require.Equal(t, c.methods, hold.Methods)
		})
	}
}
