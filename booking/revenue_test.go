package booking_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

var wholePrice = booking.Breakdown{Fare: 38000, Taxes: 4900, ServiceFee: 1000, Commission: 2000}

func TestBreakdownAddsUpToTheAmount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*booking.Breakdown)
		want   string
	}{
		{"the amount", func(*booking.Breakdown) {}, ""},
		{"one part is all of it", func(b *booking.Breakdown) { *b = booking.Breakdown{Commission: 45900} }, ""},
		{"less", func(b *booking.Breakdown) { b.Taxes-- }, "breakdown adds up to $458.99, and the amount is $459.00: send fare, taxes, " +
			"serviceFee and commission whose sum is the amount; fare is without the commission"},
		{"more", func(b *booking.Breakdown) { b.ServiceFee++ }, "breakdown adds up to $459.01, and the amount is $459.00: send fare, taxes, " +
			"serviceFee and commission whose sum is the amount; fare is without the commission"},
		{
			"a part is negative", func(b *booking.Breakdown) { b.Taxes, b.Fare = -1, 42901 },
			"breakdown.taxes is negative: send minor units from 0 to amount.value",
		},
		{
			"a part is more", func(b *booking.Breakdown) { b.Fare = 45901 },
			"breakdown.fare is more than the amount: send minor units from 0 to amount.value",
		},
	} {
		parts := wholePrice
		c.change(&parts)
		err := request(func(r *booking.Request) { r.Breakdown = &parts }).Validate(now)
		if c.want == "" {
			require.NoError(t, err, c.name)
			continue
		}
		require.EqualError(t, err, c.want, c.name)
	}
}

// A request without a breakdown has the bytes that it had in releases before, and so the same fingerprint.
func TestRequestWithoutBreakdownHasTheSameBytes(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(request(nil))
	require.NoError(t, err)
	require.NotContains(t, string(text), "breakdown")
	text, err = json.Marshal(request(func(r *booking.Request) { r.Breakdown = &wholePrice }))
	require.NoError(t, err)
	require.Contains(t, string(text), `"breakdown":{"fare":38000,"taxes":4900,"serviceFee":1000,"commission":2000}`)
}

func TestOnlyAnAgentHasABreakdown(t *testing.T) {
	t.Parallel()
	plain, split := request(nil), request(func(r *booking.Request) { r.Breakdown = &wholePrice })
	agent := booking.RevenueRules{Model: booking.ModelAgent, Moment: booking.AtTicketing}
	for _, c := range []struct {
		rules   booking.RevenueRules
		request booking.Request
		want    booking.Revenue
	}{
		{booking.RevenueRules{}, plain, booking.Revenue{Model: booking.ModelPrincipal}},
		{booking.RevenueRules{Model: booking.ModelPrincipal, Moment: booking.AtDeparture}, plain, booking.Revenue{Model: booking.ModelPrincipal}},
		{agent, plain, booking.Revenue{Model: booking.ModelAgent, Moment: booking.AtTicketing}},
		{agent, split, booking.Revenue{Model: booking.ModelAgent, Moment: booking.AtTicketing, Breakdown: &wholePrice}},
	} {
		got, err := c.rules.RevenueOf(c.request)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	_, err := booking.RevenueRules{}.RevenueOf(split)
	require.EqualError(t, err, "breakdown is only for a seller who is the airline's agent: leave it out, or have the operator set "+
		"REVENUE_MODEL=agent")
}
