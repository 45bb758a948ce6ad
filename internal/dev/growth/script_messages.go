package growth

import (
	"time"

	"farebook/booking"
	"farebook/internal/dev/bigbooks"
	"farebook/notice"
	"farebook/store"
)

// events leads events through the inbox in all ways, and lists them.
func (s *script) events() {
	known := bigbooks.Reference(s.old(4))
	failed := s.received("charge.updated", "failed", s.id("ch_", "failed"), "")
	s.measure("FailEvent", failed, "no workflow")
	s.measure("LeaveEvent", failed, "no server")
	s.measure("FailEvents", []string{failed}, "no workflow")
	s.measure("GiveUpEvent", failed, "no workflow")
	s.measure("RetryEvent", failed, s.by, s.now)
	s.measure("IgnoreEvent", failed, "decided", s.by, s.now)
	s.measure("Event", failed)
	noted := s.received("charge.updated", "noted", s.id("ch_", "noted"), "")
	s.measure("MarkEventProcessed", noted, store.NoteForeign)
	aside := s.received("charge.updated", "aside", s.id("ch_", "aside"), "")
	s.measure("SetAside", []string{aside}, store.NoteForeign)
	lost := s.received("payment_intent.succeeded", "lost", bigbooks.Intent(s.old(4)), "")
	s.measure("KeepEventOpen", lost, known, "the books do not know the booking", s.now)
	s.measure("WakeUnknownBookings", s.now)
	s.measure("MarkEventProcessed", lost, "read")
	s.measure("EventsReceived", []string{failed, noted, lost})
	s.measure("DueEvents", s.now.Add(2*time.Hour), 100)
	s.measure("SpentEvents", s.now.Add(2*time.Hour), 100)
	s.measure("UnheardEvents", []store.NamedEvent{{EventID: failed}, {EventID: "evt_unheard", PaymentIntentID: bigbooks.Intent(s.old(4))}})
	s.measure("Heard")
	s.measure("Events", store.EventFilter{Limit: listPage})
	s.measure("Events: of a booking", store.EventFilter{Reference: string(known), Limit: listPage})
	for _, state := range store.EventStates {
		s.measure("Events: state "+string(state), store.EventFilter{State: state, Limit: listPage})
	}
	s.measure("Events: frequent type", store.EventFilter{Type: "charge.succeeded", Limit: listPage})
	s.measure("Events: rare type", store.EventFilter{Type: "payout.failed", Limit: listPage})
	s.measure("Events: rare type and state", store.EventFilter{Type: "payout.failed", State: store.EventProcessed, Limit: listPage})
	s.measure("UnscrubbedEvents")
	s.measure("ScrubEvents", 8*s.old(0), 8*s.old(0)+1000, func(e store.Event) ([]byte, string) { return e.Payload, "" })
}

// emails queues, sends, repeats and lists emails.
func (s *script) emails() {
	queued := first[[]uint64](s.calls, "QueueEmail", s.now, store.OperatorEmail{
		Kind: notice.PayoutFailed, Owner: s.id("po_", "queued"), Occasion: "failed", Content: notice.Content{Payout: &notice.PayoutContent{}},
	})
	sending := first[store.Sending](s.calls, "ClaimEmail", queued[0], s.now, s.now.Add(time.Minute))
	s.measure("NoteEmailAttempt", sending, "the mail server is away")
	s.measure("MarkEmailFailed", queued[0], "refused")
	s.measure("QueuedEmails", s.now.Add(time.Hour), 0, 100)
	s.measure("QueuedEmailsOf", bigbooks.Reference(s.old(5)), notice.PaymentKinds)
	copied := first[uint64](s.calls, "ResendEmail", 8*s.old(5), s.by, s.now)
	s.measure("ResendEmailFor", 8*s.old(6), s.id("", "resent"), s.by, s.now)
	s.measure("Email", copied)
	s.measure("MarkEmailSent", copied, "250 2.0.0 queued", s.now)
	// A booking that nobody paid: the emails to its address are counted.
	_, snapshot := s.held("declined")
	snapshot.StripeStatus, snapshot.DeclineCode = "requires_payment_method", "insufficient_funds"
	s.measure("RecordPayment: declined", store.PaymentReading{Snapshot: snapshot, Reason: store.ReasonEvent, Now: s.now})
}

// imports takes over a booking that was paid at Stripe before.
func (s *script) imports() {
	s.measure("KnownImport", "OLD-7", bigbooks.Intent(7))
	s.measure("BookingImportedFrom", "OLD-7")
	owner := must(s.books.ImportOwner(s.ctx, "client 2"))
	s.measure("ImportBooking", store.NewImport{
		Owner: owner, Earlier: s.id("OLD-", "imported"), Request: s.request(30 * 24 * time.Hour), TakenAt: s.now,
		HoldExpiresAt: s.now.Add(time.Hour),
		Payment: booking.PaymentSnapshot{
			PaymentIntentID: s.id("pi_", "imported"), StripeStatus: "succeeded", Amount: price, AmountReceived: price, Currency: "USD",
			ChargeID: s.id("ch_", "imported"), Balance: s.balance("imported", "charge", price),
		}, By: s.by, Now: s.now,
	})
}
