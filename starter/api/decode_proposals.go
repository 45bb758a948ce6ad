package api

import (
	"slices"

	"farebook/booking"
	"farebook/ledger"
	"farebook/starter/view"
	"farebook/store/proposals"
)

// decodeProposal reads the body of POST /v1/proposals. Its errors are those of decodeBooking.
func decodeProposal(body []byte) (request proposalRequest, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return request, err
	}
	var d decoder
	known := []string{"kind", "booking", "amount", "reason", "note"}
	if object, ok := value.(map[string]any); ok && object["kind"] == string(proposals.KindCorrection) {
		known = []string{"kind", "item", "account", "note"}
	}
	fields := d.object("", value, known...)
	if fields == nil {
		return request, d.err()
	}
	request.Kind, request.Note = proposals.Kind(d.text("kind", fields["kind"])), d.note("note", fields["note"])
	if request.Kind == proposals.KindCorrection {
		d.proposedCorrection(fields, &request)
		return request, d.err()
	}
	if request.Kind != proposals.KindRefund && !covered(d.wrongFields, "kind") {
		d.add("kind", "is not what can be proposed", `send "refund" or "correction"`)
	}
	request.Booking, request.Reason = d.text("booking", fields["booking"]), booking.ReasonRequestedByCustomer
	if given, has := fields["reason"]; has {
		request.Reason = booking.RefundReason(d.text("reason", given))
	}
	request.Amount = d.money("amount", fields["amount"])
	if !covered(d.wrongFields, "amount.value") {
		d.take(request.Amount.ValidateRefund())
	}
	meaning := booking.RefundRequest{Amount: request.Amount.Value, Reason: request.Reason, Note: request.Note}
	return request, joinFields(d.err(), meaning.Validate())
}

func (d *decoder) proposedCorrection(fields map[string]any, request *proposalRequest) {
	item := d.integer("item", fields["item"])
	if item < 1 && !covered(d.wrongFields, "item") {
		d.add("item", "is below 1", "send the number of an item")
	}
	request.Item, request.Account = uint64(max(item, 0)), ledger.EquitySuspense
	if given, has := fields["account"]; has {
		request.Account = d.correctionAccount("account", given)
	}
}

// correctionAccount reads the account of the other side of a correction.
func (d *decoder) correctionAccount(path string, value any) ledger.Account {
	account := ledger.Account(d.text(path, value))
	if !slices.Contains(ledger.CorrectionAccounts, account) && !covered(d.wrongFields, path) {
		d.add(path, "is not an account of corrections", "send one of "+view.CorrectionAccounts())
	}
	return account
}
