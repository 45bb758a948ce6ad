package growth

import (
	"time"

	"farebook/internal/dev/bigbooks"
	"farebook/store"
)

// lists reads a page of each list by each filter, for an operator and for one client.
func (s *script) lists() {
	old := s.old(60)
	known := must(s.books.Booking(s.ctx, bigbooks.Reference(old)))
	owner := s.ownerOf(old)
	newest, deep := store.Page{Limit: listPage}, store.Page{Limit: listPage, After: store.Position{At: known.CreatedAt, ID: known.ID}}
	day := store.ListFilter{From: known.CreatedAt.Add(-24 * time.Hour), To: known.CreatedAt}
	for _, c := range []struct {
		name   string
		filter store.ListFilter
		page   store.Page
	}{
		{"all", store.ListFilter{}, newest},
		{"deep", store.ListFilter{}, deep},
		{"of a day", day, newest},
		{"of a PaymentIntent", store.ListFilter{PaymentIntentID: bigbooks.Intent(old)}, newest},
		{"of a charge", store.ListFilter{ChargeID: bigbooks.Charge(old)}, newest},
		{"of an address", store.ListFilter{Email: known.Customer.Email}, newest},
		{"of a flight", store.ListFilter{Flight: known.Flight.Number}, newest},
		{"of a flight, deep", store.ListFilter{Flight: known.Flight.Number}, deep},
		{"to examine", store.ListFilter{Attention: true}, newest},
		{"of no amount", store.ListFilter{Amount: store.AmountRange{Currency: "USD", Min: 1, Max: 2}}, newest},
		{"named", store.ListFilter{Named: bigbooks.Charge(old)}, newest},
	} {
		s.measure("ListBookings: "+c.name, c.filter, c.page)
		s.measure("ListRefunds: "+c.name, c.filter, c.page)
		s.measure("ListDisputes: "+c.name, c.filter, c.page)
		c.filter.Owner = &owner
		s.measure("ListBookings: a client's, "+c.name, c.filter, c.page)
		s.measure("ListRefunds: a client's, "+c.name, c.filter, c.page)
		s.measure("ListDisputes: a client's, "+c.name, c.filter, c.page)
	}
	for _, of := range []*store.Owner{nil, &owner} {
		whose := ""
		if of != nil {
			whose = "a client's, "
		}
		s.measure("ListBookings: "+whose+"in a state", store.ListFilter{Owner: of, Status: "confirmed"}, deep)
		s.measure("ListRefunds: "+whose+"in a state", store.ListFilter{Owner: of, Status: "succeeded"}, deep)
		s.measure("ListDisputes: "+whose+"in a state", store.ListFilter{Owner: of, Status: "lost"}, deep)
	}
}
