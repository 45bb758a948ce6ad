package api

import (
	"errors"
	"fmt"
	"strings"

	"farebook/booking"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/starter/view"
	"farebook/validation"
)

// decodeRefund reads the body of POST .../refunds; an empty one refunds all that is left. Its errors are those of decodeBooking.
func decodeRefund(body []byte, currency money.Currency) (askedRefund, error) {
	request := askedRefund{RefundRequest: booking.RefundRequest{Reason: booking.ReasonRequestedByCustomer}}
	d, fields, err := optionalBody(body, "amount", "reason", "note", "payment")
	if err != nil {
		return request, err
	}
	if value, given := fields["amount"]; given {
		amount := d.amountIn("amount", value, currency)
		request.Amount = amount.Value
		if len(d.wrongFields) == 0 {
			d.take(amount.ValidateRefund())
		}
	}
	if value, given := fields["reason"]; given {
		request.Reason = booking.RefundReason(d.text("reason", value))
	}
	if value, given := fields["note"]; given {
		request.Note = d.text("note", value)
	}
	if value, given := fields["payment"]; given {
		request.Payment = d.text("payment", value)
		if request.Payment == "" && !covered(d.wrongFields, "payment") {
			d.add("payment", "is empty", "send the paymentIntentId of a payment, or leave it out")
		}
	}
	return request, joinFields(d.err(), request.Validate())
}

// decodeCancel reads the body of POST .../cancel, which may be left out. The quoted refund has to be in the booking's currency.
func decodeCancel(body []byte, currency money.Currency) (*money.Money, error) {
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
		d.add("expectedRefund.value", "is below zero", "send the quoted refund")
	}
	d.requireCurrency("expectedRefund.currency", expected.Currency, currency)
	return &expected, d.err()
}

// decodeCapture reads the body of POST .../capture, which may be left out to capture all that is authorised.
func decodeCapture(body []byte, authorised money.Money) (money.Money, error) {
	d, fields, err := optionalBody(body, "amount")
	if err != nil {
		return money.Money{}, err
	}
	value, given := fields["amount"]
	if !given {
		return authorised, d.err()
	}
	amount := d.amountIn("amount", value, authorised.Currency)
	if len(d.wrongFields) == 0 && amount.Value > authorised.Value {
		d.add("amount.value", "is more than what is authorised", authorised.AtMost())
	}
	if len(d.wrongFields) == 0 {
		d.take(amount.ValidateCharge())
	}
	return amount, d.err()
}

// decodeOperatorNote reads the body of POST /v1/attention/{id}/close.
func decodeOperatorNote(body []byte) (note string, err error) {
	return decodeNote(body, func(d *decoder, note string) {
		if wrong := view.CheckNote(note); wrong != nil {
			d.add("note", "is invalid", wrong.Error())
		}
	})
}

// decodeTake reads the body of POST /v1/attention/{id}/take, which may be left out.
func decodeTake(body []byte) (request takeAttentionBody, err error) {
	d, fields, err := optionalBody(body, "takeOver")
	if err != nil {
		return request, err
	}
	if value, given := fields["takeOver"]; given {
		request.TakeOver = d.boolean("takeOver", value)
	}
	return request, d.err()
}

// decodeComment reads the body of POST /v1/attention/{id}/comments.
func decodeComment(body []byte) (request commentBody, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return request, err
	}
	var d decoder
	if fields := d.object("", value, "text"); fields != nil {
		request.Text = d.text("text", fields["text"])
		d.check("text", view.CheckComment(request.Text))
	}
	return request, d.err()
}

// decodeAbandonRefund reads the body of POST /v1/refunds/{id}/abandon.
func decodeAbandonRefund(body []byte) (note string, err error) {
	return decodeNote(body, func(d *decoder, note string) { d.take(booking.ValidateAbandonNote(note)) })
}

// decodeNote reads a body with a note only. check adds what is wrong with a note of the right type.
func decodeNote(body []byte, check func(*decoder, string)) (note string, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return "", err
	}
	var d decoder
	if fields := d.object("", value, "note"); fields != nil {
		note = d.text("note", fields["note"])
		if len(d.wrongFields) == 0 {
			check(&d, note)
		}
	}
	return note, d.err()
}

// optionalBody reads an object in which every field is optional. The body may be empty.
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

// joinFields joins errors of type and errors of meaning, one for each field: a field of a wrong type has no meaning to check. Either
// error may be nil.
func joinFields(shape, meaning error) error {
	var all, wrong validation.FieldErrors
	if !errors.As(shape, &all) && shape != nil {
		return shape // malformed JSON
	}
	if !errors.As(meaning, &wrong) && meaning != nil {
		return meaning
	}
	for _, one := range wrong {
		if len(all) < maxFound && !covered(all, one.Field) {
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// covered reports whether an error names the field, or an object that contains it.
func covered(found validation.FieldErrors, field string) bool {
	for _, one := range found {
		rest, within := strings.CutPrefix(field, one.Field)
		if within && (rest == "" || one.Field == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// take adds the error that another package returned for a field.
func (d *decoder) take(err error) {
	if field, ok := err.(*validation.FieldError); ok { //nolint:errorlint // other packages return it unwrapped
		d.add(field.Field, field.Problem, field.Fix)
	}
}

// money reads an amount and its currency at a path.
func (d *decoder) money(path string, value any) money.Money {
	fields := d.object(path, value, "value", "currency")
	if fields == nil {
		return money.Money{}
	}
	return money.Money{
		Value:    d.integer(path+".value", fields["value"]),
		Currency: money.Currency(d.text(path+".currency", fields["currency"])),
	}
}

// amountIn reads an amount above zero in the payment's currency.
func (d *decoder) amountIn(path string, value any, currency money.Currency) money.Money {
	amount := d.money(path, value)
	d.requireCurrency(path+".currency", amount.Currency, currency)
	if amount.Value < 1 && !covered(d.wrongFields, path+".value") {
		d.add(path+".value", "is below 1", "send at least 1 minor unit")
	}
	return amount
}

func (d *decoder) requireCurrency(path string, given, want money.Currency) {
	if given != want && !covered(d.wrongFields, path) {
		d.add(path, "is not the payment's currency", fmt.Sprintf("send %q", want))
	}
}

// decodeReconciliation reads the body of POST /v1/reconciliations, which may be left out.
func decodeReconciliation(body []byte) (reconciliation.Options, error) {
	options := reconciliation.Options{
		LookbackDays: reconciliation.DefaultLookbackDays, Limit: reconciliation.DefaultLimit,
		Scope: reconciliation.ScopeAll,
	}
	d, fields, err := optionalBody(body, "lookbackDays", "limit", "dryRun", "scope")
	if err != nil {
		return options, err
	}
	if value, given := fields["lookbackDays"]; given {
		options.LookbackDays = int(d.integer("lookbackDays", value))
	}
	if value, given := fields["limit"]; given {
		options.Limit = int(d.integer("limit", value))
	}
	if value, given := fields["dryRun"]; given {
		options.DryRun = d.boolean("dryRun", value)
	}
	if value, given := fields["scope"]; given {
		options.Scope = reconciliation.Scope(d.text("scope", value))
	}
	return options, joinFields(d.err(), options.Validate())
}
