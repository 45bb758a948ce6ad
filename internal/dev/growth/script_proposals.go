package growth

import (
	"reflect"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/dev/bigbooks"
	"farebook/store"
	"farebook/store/proposals"
)

// proposed proposes refunds of an old booking, and decides about them.
func (s *script) proposed() {
	known := must(s.books.Booking(s.ctx, bigbooks.Reference(s.old(30+s.round))))
	other := access.Actor{Name: "other@localhost"}
	propose := func(name string) string {
		return first[store.Claim](s.calls, "Propose", proposals.NewProposal{
			Key: s.key("create-proposal", "proposal-"+name), Kind: proposals.KindRefund, Reference: known.Reference,
			Refund: booking.RefundRequest{Amount: 100, Reason: booking.ReasonRequestedByCustomer}, By: s.by,
		}).Resource
	}
	sent := first[proposals.Proposal](s.calls, "Send", proposals.Sending{Code: propose("sent"), By: other})
	s.measure("Proposal", sent.Code)
	s.measure("Behind", []booking.RefundID{sent.RefundID})
	s.measure("Decline", propose("declined"), "a test", other)
	s.measure("Withdraw", propose("withdrawn"), "a test", s.by)
	s.measure("ListProposals", proposals.Filter{Limit: listPage})
	s.measure("ListProposals: in a state", proposals.Filter{State: proposals.Sent, Limit: listPage})
	s.measure("ListProposals: of a booking", proposals.Filter{BookingID: known.ID, Limit: listPage})
	s.measure("ReserveRefundOnce", store.NewRefund{
		Reference: known.Reference, Request: booking.RefundRequest{Amount: 100, Reason: booking.ReasonRequestedByCustomer},
		CorrelationID: known.CorrelationID, By: s.by, Now: s.now,
	}, s.id("", "occasion"), nil)
	s.measure("ReserveRefundOnce: within the limits of a role", store.NewRefund{
		Reference: known.Reference, Request: booking.RefundRequest{Amount: 100, Reason: booking.ReasonRequestedByCustomer},
		CorrelationID: known.CorrelationID, By: s.signedIn(), Now: s.now,
	}, s.id("", "limited"), nil)
	s.measure("ClaimNew", s.key("a-test", "claim-new"), s.now, s.claimed())
}

// signedIn is somebody with a role, who has moved amounts before.
func (s *script) signedIn() access.Actor {
	person := must(s.books.SignIn(s.ctx, store.Person{Issuer: "growth", Subject: "finance", Name: "growth", Role: access.Finance}, "growth"))
	return must(s.books.CallerOf(s.ctx, person)).Actor("growth")
}

// claimed is work that makes nothing. It is made by reflection, because its type names that of a transaction, which only store/ knows.
func (s *script) claimed() any {
	work := reflect.TypeOf(s.books.ClaimNew).In(3)
	return reflect.MakeFunc(work, func([]reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf("claimed"), reflect.Zero(work.Out(1)), reflect.Zero(work.Out(2))}
	}).Interface()
}
