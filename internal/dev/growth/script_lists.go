package growth

import (
	"time"

	"farebook/internal/dev/bigbooks"
	"farebook/store"
	"farebook/store/recon"
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
		{"of a day, paid", store.ListFilter{From: day.From, To: day.To, Paid: store.Yes}, newest},
		{"that failed", store.ListFilter{Failed: store.Yes}, newest},
		{"of a day, that did not fail", store.ListFilter{From: day.From, To: day.To, Failed: store.No}, newest},
	} {
		s.measure("ListBookings: "+c.name, c.filter, c.page)
		s.measure("ListRefunds: "+c.name, c.filter, c.page)
		s.measure("ListDisputes: "+c.name, c.filter, c.page)
		c.filter.Owner = &owner
		s.measure("ListBookings: a client's, "+c.name, c.filter, c.page)
		s.measure("ListRefunds: a client's, "+c.name, c.filter, c.page)
		s.measure("ListDisputes: a client's, "+c.name, c.filter, c.page)
	}
	declined := store.ListFilter{DeclineCode: "insufficient_funds"} // lists of refunds and disputes have no such filter
	s.measure("ListBookings: declined", declined, newest)
	declined.Owner = &owner
	s.measure("ListBookings: a client's, declined", declined, newest)
	s.measure("ListPayouts", store.PayoutFilter{}, newest)
	s.measure("ListPayouts: in a state, of a day", store.PayoutFilter{Status: "paid", Times: store.Times{From: day.From, To: day.To}}, newest)
	s.measure("ListPayouts: named", store.PayoutFilter{Named: s.id("po_", "payout")}, newest)
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

// listsByTime reads a page of the lists in the order of ids, of an hour of old bookings and of a time to come.
func (s *script) listsByTime() {
	known := must(s.books.Booking(s.ctx, bigbooks.Reference(s.old(61))))
	hour := store.Times{From: known.CreatedAt, To: known.CreatedAt.Add(time.Hour)}
	s.measure("Events: of an hour", store.EventFilter{Times: hour, Limit: listPage})
	s.measure("Events: of an hour, in a state", store.EventFilter{Times: hour, State: store.EventProcessed, Limit: listPage})
	s.measure("Events: of an hour, of a type", store.EventFilter{Times: hour, Type: "payment_intent.succeeded", Limit: listPage})
	s.measure("Events: to come", store.EventFilter{Times: store.Times{From: s.now.AddDate(1, 0, 0)}, Limit: listPage})
	s.measure("Events: about an object", store.EventFilter{ObjectID: known.Payment.PaymentIntentID, Limit: listPage})
	s.measure("ListEmails", store.EmailFilter{Limit: listPage})
	s.measure("ListEmails: of an hour, in a state", store.EmailFilter{Times: hour, Status: store.EmailSent, Limit: listPage})
	emails := first[[]store.ListedEmail](s.calls, "ListEmails: of a booking", store.EmailFilter{Reference: known.Reference, Limit: listPage})
	s.measure("ListedEmail", emails[0].ID)
	s.measure("AuditLog: of an hour", store.AuditFilter{Times: hour, Limit: listPage})
	s.measure("AuditLog: of an hour, of a client", store.AuditFilter{Times: hour, ClientID: 1, Limit: listPage})
	s.measure("List", recon.RunFilter{Limit: listPage})
	s.measure("List: in a state", recon.RunFilter{Status: recon.RunFailed, Limit: listPage})
}
