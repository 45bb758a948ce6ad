package fakestripe_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A charge copies what the payer entered: the billing details of the payment method, and the shipping address, receipt email
// address and description of the PaymentIntent.
func TestChargeCopiesWhatThePayerEntered(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	method := s.do(http.MethodPost, "/v1/payment_methods", "", "type=card&card[token]=tok_visa&billing_details[name]=Payer&"+
		"billing_details[email]=payer@example.com&billing_details[phone]=%2B1555&billing_details[address][line1]=Street 1").text("id")
	charge := s.charge(s.pay(method, "receipt_email", "receipt@example.com", "shipping[address][line1]", "Street 1", "shipping[name]",
		"Receiver", "description", "Seat 1A"))
	billing := charge["billing_details"].(map[string]any)
	require.Equal(t, []any{"Payer", "payer@example.com", "+1555"}, []any{billing["name"], billing["email"], billing["phone"]})
	require.Equal(t, "Street 1", billing["address"].(map[string]any)["line1"])
	require.Equal(t, "Receiver", charge["shipping"].(map[string]any)["name"])
	require.Equal(t, []any{"receipt@example.com", "Seat 1A"}, []any{charge["receipt_email"], charge["description"]})

	unnamed := s.charge(s.pay("pm_card_visa"))
	require.Nil(t, unnamed["billing_details"].(map[string]any)["name"])
	require.Nil(t, unnamed["shipping"])
}
