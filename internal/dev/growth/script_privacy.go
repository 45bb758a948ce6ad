package growth

import (
	"time"

	"farebook/internal/dev/bigbooks"
	vocabulary "farebook/privacy"
	"farebook/store"
	"farebook/store/privacy"
)

// retained is above the age of every row, so that the statements of retention find rows to empty.
const retained = time.Second

// personal empties what is old, and exports and erases an old booking.
func (s *script) personal() {
	old := must(s.books.Booking(s.ctx, bigbooks.Reference(s.old(50+s.round))))
	s.measure("BookingsOfAddress", old.Customer.Email, privacy.Travelled{})
	s.measure("ExportBooking", old.Reference)
	known, snapshot := s.held("erased")
	snapshot.StripeStatus = "canceled"
	reading := store.PaymentReading{Snapshot: snapshot, Reason: store.ReasonEvent, Now: s.now}
	s.sent(first[store.PaymentRecorded](s.calls, "RecordPayment", reading).EmailIDs)
	s.measure("CheckErasable", known.Reference)
	s.measure("Erase", known.Reference, s.by)
	for _, group := range vocabulary.Groups() {
		for _, table := range vocabulary.OfGroup(group) {
			s.measure("Retain: "+table.Name, table.Name, retained, 20, s.by)
		}
	}
}
