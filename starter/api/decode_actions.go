package api

import (
	"fmt"

	"farebook/booking"
)

// decodeRefund reads the body of POST .../refunds; an empty one refunds all that is left. Errors are as decodeBooking's.
func decodeRefund(body []byte, currency booking.Currency) (booking.RefundRequest, error) {
	request := booking.RefundRequest{Reason: booking.ReasonRequestedByCustomer}
	d, fields, err := optionalBody(body, "amount", "reason", "note")
	if err != nil {
		return request, err
	}
	if value, given := fields["amount"]; given {
		amount := d.amountIn("amount", value, currency)
		request.Amount = amount.Value
		if len(d.found) == 0 {
			d.take(amount.ValidateRefund())
		}
	}
	if value, given := fields["reason"]; given {
		request.Reason = booking.RefundReason(d.text("reason", value))
	}
	if value, given := fields["note"]; given {
		request.Note = d.text("note", value)
	}
	if len(d.found) > 0 {
		return request, d.found
	}
	return request, request.Validate()
}

// decodeCancel reads the body of POST .../cancel, which may be left out.
func decodeCancel(body []byte) (*booking.Money, error) {
	d, fields, err := optionalBody(body, "expectedRefund")
	if err != nil {
		return nil, err
	}
	value, given := fields["expectedRefund"]
	if !given {
		return nil, d.err()
	}
	expected := d.money("expectedRefund", value)
	if expected.Value < 0 {
		d.add("expectedRefund.value", "is below zero", "send what you were quoted")
	}
	return &expected, d.err()
}

// decodeCapture reads the body of POST .../capture, which may be left out: all that is authorised.
func decodeCapture(body []byte, authorised booking.Money) (booking.Money, error) {
	d, fields, err := optionalBody(body, "amount")
	if err != nil {
		return booking.Money{}, err
	}
	value, given := fields["amount"]
	if !given {
		return authorised, d.err()
	}
	amount := d.amountIn("amount", value, authorised.Currency)
	if len(d.found) == 0 && amount.Value > authorised.Value {
		d.add("amount.value", "is more than is authorised", fmt.Sprintf("send at most %d, in minor units", authorised.Value))
	}
	if len(d.found) == 0 {
		d.take(amount.ValidateCharge())
	}
	return amount, d.err()
}

// optionalBody reads an object whose fields may all be left out, as the body itself may be.
func optionalBody(body []byte, known ...string) (*decoder, map[string]any, error) {
	d := &decoder{}
	if len(body) == 0 {
		return d, nil, nil
	}
	value, err := parseStrict(body)
	if err != nil {
		return d, nil, err
	}
	return d, d.object("", value, known...), nil
}

func (d *decoder) err() error {
	if len(d.found) == 0 {
		return nil
	}
	return d.found
}

// take adds what booking found wrong with a field.
func (d *decoder) take(err error) {
	if field, ok := err.(*booking.FieldError); ok { //nolint:errorlint // made by booking, and never wrapped
		d.add(field.Field, field.Problem, field.Fix)
	}
}

// money reads an amount and its currency at a path.
func (d *decoder) money(path string, value any) booking.Money {
	fields := d.object(path, value, "value", "currency")
	if fields == nil {
		return booking.Money{}
	}
	return booking.Money{
		Value:    d.integer(path+".value", fields["value"]),
		Currency: booking.Currency(d.text(path+".currency", fields["currency"])),
	}
}

// amountIn reads an amount above zero that has to be in the payment's currency.
func (d *decoder) amountIn(path string, value any, currency booking.Currency) booking.Money {
	amount := d.money(path, value)
	switch {
	case len(d.found) > 0:
	case amount.Currency != currency:
		d.found = append(d.found, otherCurrency(path+".currency", currency)...)
	case amount.Value < 1:
		d.add(path+".value", "is below 1", "send minor units above zero")
	}
	return amount
}

func otherCurrency(field string, currency booking.Currency) booking.FieldErrors {
	return booking.FieldErrors{{
		Field: field, Problem: "is not the payment's currency", Fix: fmt.Sprintf("send %q", currency),
	}}
}
