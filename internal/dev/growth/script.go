package growth

import (
	"fmt"
	"time"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/dev/bigbooks"
	"farebook/money"
	"farebook/store"
	"farebook/store/recon"
)

// script calls every function of the store on filled books, as a day of production does: what it needs, it makes by measured calls. Each
// round makes rows that no other round uses.
type script struct {
	*calls
	books *store.Store
	runs  *recon.Runs
	size  int // bookings that were filled
	round int
	now   time.Time
	by    access.Actor

	caller store.Caller
}

// parts are one round, in this order.
func (s *script) parts() []func() {
	var parts []func()
	if s.round == 0 {
		parts = append(parts, s.opening, s.proof, s.chain)
	}
	return append(parts,
		s.authenticate, s.clients, s.keys, s.console, s.bookings, s.closings, s.refunds, s.abandonedRefunds, s.proposed, s.disputes,
		s.evidence, s.payouts, s.events, s.emails, s.operators, s.views, s.webhooks, s.lists, s.listsByTime, s.imports, s.rebuilds, s.sweeps,
		s.reconciliation, s.findings, s.reports, s.fences, s.ledger, s.months, s.recognition, s.changes, s.financeReports, s.personal,
	)
}

func (s *script) authenticate() {
	s.caller = first[store.Caller](s.calls, "Authenticate", bigbooks.Token(1))
}

// old is a booking of long ago that was paid, and that nothing has happened to since; n counts such bookings from 0.
func (s *script) old(n int) int {
	for number := s.size / 2; ; number++ {
		if !bigbooks.OnlyPaid(number) {
			continue
		}
		if n == 0 {
			return number
		}
		n--
	}
}

// ownerOf is the client of a filled booking.
func (s *script) ownerOf(n int) store.Owner {
	return must(s.books.Authenticate(s.ctx, bigbooks.Token(bigbooks.ClientOf(n, s.size)))).Owner
}

// id is one that no other row has.
func (s *script) id(prefix, name string) string {
	return fmt.Sprintf("%sgrowth_%s_%d", prefix, name, s.round)
}

// key is an idempotency key of this round.
func (s *script) key(operation, name string) store.IdempotencyKey {
	return store.IdempotencyKey{Caller: s.caller, Key: s.id("key-", name), Operation: operation, Lease: s.id("lease-", name)}
}

const (
	price = 45_900
	fee   = 1_361
	// listPage is the page of a list. It is small, so that the small books fill it as well.
	listPage = 5
)

// request is a booking's, departing in that time.
func (s *script) request(departs time.Duration) booking.Request {
	at := s.now.Add(departs)
	return booking.Request{
		Customer: booking.Customer{Name: "Layla Haddad", Email: fmt.Sprintf("layla%d@example.com", s.round), Locale: money.LocaleEN},
		Amount:   money.Money{Value: price, Currency: "USD"}, HoldMinutes: 30,
		Flight: booking.Flight{
			Number: "EK2", From: "LHR", To: "DXB", DepartsAt: at, ArrivesAt: at.Add(7 * time.Hour),
			Passengers: []booking.Passenger{{Name: "Layla Haddad"}},
		},
	}
}

// balance is a balance transaction of an amount without a fee.
func (s *script) balance(name, category string, amount int64) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{
		ID: s.id("txn_", name), Amount: amount, Net: amount, Currency: "USD", ReportingCategory: category, Type: category, Created: s.now,
	}
}

// reserved is a new booking.
func (s *script) reserved(name string) store.Booking {
	return first[store.Reservation](s.calls, "ReserveBooking", s.newBooking(name)).Booking
}

func (s *script) newBooking(name string) store.NewBooking {
	return store.NewBooking{
		Caller: s.caller, IdempotencyKey: s.id("key-", name), Lease: s.id("lease-", name), Request: s.request(90 * 24 * time.Hour),
		HoldExpiresAt: s.now.Add(time.Hour), Methods: booking.MethodsAutomatic, CorrelationID: s.id("c-", name), Now: s.now,
	}
}

// held is a new booking with its PaymentIntent.
func (s *script) held(name string) (store.Booking, booking.PaymentSnapshot) {
	known := s.reserved(name)
	snapshot := booking.PaymentSnapshot{
		PaymentIntentID: s.id("pi_", name), StripeStatus: "requires_payment_method", Reference: known.Reference, Amount: price, Currency: "USD",
	}
	s.measure("RecordPaymentIntent", known.Reference, snapshot, false)
	return known, snapshot
}

// paid is a new booking that is confirmed.
func (s *script) paid(name string) (store.Booking, booking.PaymentSnapshot) {
	known, snapshot := s.held(name)
	event := s.received("payment_intent.succeeded", name, snapshot.PaymentIntentID, string(known.Reference))
	snapshot.StripeStatus, snapshot.AmountReceived, snapshot.ChargeID = "succeeded", price, s.id("ch_", name)
	snapshot.Balance = s.balance(name, "charge", price)
	snapshot.Balance.Fee, snapshot.Balance.Net = fee, price-fee
	reading := store.PaymentReading{Snapshot: snapshot, EventIDs: []string{event}, Reason: store.ReasonEvent, Now: s.now}
	recorded := first[store.PaymentRecorded](s.calls, "RecordPayment", reading)
	s.sent(recorded.EmailIDs)
	return must(s.books.Booking(s.ctx, known.Reference)), snapshot
}

// received is a new event in the inbox, which its workflow has.
func (s *script) received(kind, name, object, reference string) string {
	id := s.id("evt_", name)
	event := store.Event{
		ID: id, Type: kind, APIVersion: "2023-10-16", ObjectID: object, Reference: reference, Created: s.now, Payload: []byte(`{"id":"evt"}`),
	}
	s.measure("ReceiveEvent", event, "", time.Hour)
	s.measure("BeginEvent", id, 0, s.now.Add(time.Hour))
	return id
}

// sent has emails delivered.
func (s *script) sent(ids []uint64) {
	for _, id := range ids {
		s.measure("EmailToSend", id)
		s.measure("Email", id)
		s.measure("ClaimEmail", id, s.now, s.now.Add(time.Minute))
		s.measure("MarkEmailSent", id, "250 2.0.0 queued", s.now)
	}
}
