package growth

import (
	"time"

	"farebook/booking"
	"farebook/internal/dev/bigbooks"
	"farebook/store"
)

// bookings takes a booking, has it paid, and reads it and an old one as the API and the workflows do.
func (s *script) bookings() {
	known, snapshot := s.paid("booked")
	in := s.newBooking("booked")
	s.measure("RenewLease", in.Key(), s.now)
	s.measure("ReleaseLease", in.Key())
	s.measure("KnownReservation", in)
	s.measure("KnownClaim", in.Key())
	s.measure("StoreAnswer", in.Key(), 201, []byte("{}"))
	s.measure("ReserveBooking: repeated", in)
	s.measure("ClaimOperation", s.key("start-reconciliation", "claimed"), s.id("recon_", "claimed"),
		store.AuditEntry{Actor: s.by, Action: store.ActionReconcile, Subject: s.id("recon_", "claimed")}, s.now)
	s.measure("RecordPayment: repeated", store.PaymentReading{Snapshot: snapshot, Reason: store.ReasonEvent, Now: s.now})
	s.measure("RecordPaymentIntent: repeated", known.Reference, snapshot, false)
	s.measure("RecordPaymentIntentAnswered: repeated", known.Reference, snapshot, 201, []byte("{}"))

	old := s.old(2)
	reference := bigbooks.Reference(old)
	read := first[store.Booking](s.calls, "Booking", reference)
	s.measure("BookingToPay", reference)
	s.measure("BookingOf", s.ownerOf(old), reference)
	s.measure("BookingOfPayment", bigbooks.Intent(old))
	posted := first[[]store.LedgerTransaction](s.calls, "Ledger", reference)
	s.measure("Transaction", posted[0].ID)
	s.measure("EmailsOf", read.ID)
	s.measure("SealedTransactions", read.ID)
	s.measure("RefundsOf", read)
	s.measure("DisputesOf", read)
	s.measure("KnownRefunds", read.ID)
	owner := s.ownerOf(old)
	s.measure("Story", read, nil)
	s.measure("Story: for its client", read, &owner)
	s.measure("EventsOf", []string{bigbooks.Intent(old), bigbooks.Charge(old)}, string(reference))
	s.measure("PaymentIDs", []string{bigbooks.Intent(old), snapshot.PaymentIntentID})
	s.measure("PaymentIntentOfCharge", bigbooks.Charge(old))
	s.measure("PaymentIntentsOfCharges", []string{bigbooks.Charge(old), snapshot.ChargeID})
	s.measure("Balances")
	s.measure("BalancesOf")
	s.measure("ClearingAccount")
	s.measure("FirstBooking")
	s.measure("Installation")
	s.measure("Ping")
}

// closings ends bookings in the other ways: cancelled under the policy, refused by Stripe, authorised, contradicted.
func (s *script) closings() {
	known, _ := s.paid("cancelled")
	policy := must(booking.ParsePolicy(booking.DefaultPolicy))
	further := s.newBooking("further")
	further.Supplement, further.By = &booking.Supplement{Of: known.Reference, Purpose: booking.PurposeBaggage}, s.by
	s.measure("ReserveSupplement", further)
	s.measure("ReserveSupplement: repeated", further)
	known = must(s.books.Booking(s.ctx, known.Reference))
	s.measure("SupplementsOf", known)
	s.measure("QuoteCancellation", store.Cancellation{Reference: known.Reference, Policy: policy, Now: s.now})
	cancelled := first[store.Cancelled](s.calls, "CancelPaid", store.Cancellation{Reference: known.Reference, Policy: policy, Now: s.now})
	s.sent(cancelled.EmailIDs)

	refused := s.reserved("refused")
	s.measure("RecordPaymentRefused", refused.Reference, "card_declined")

	twin := s.reserved("twin")
	snapshot := booking.PaymentSnapshot{
		PaymentIntentID: s.id("pi_", "twin"), StripeStatus: "requires_payment_method", Reference: twin.Reference, Amount: price, Currency: "USD",
	}
	s.measure("RecordPaymentIntent: with a twin", twin.Reference, snapshot, true)
	s.measure("NoTwin", twin.Reference, s.now)
	other := snapshot
	other.PaymentIntentID, other.StripeStatus, other.AmountReceived = s.id("pi_", "other"), "succeeded", price
	s.measure("RecordOtherPayment", store.OtherPaymentReading{Reference: twin.Reference, Snapshot: other, Now: s.now})
	snapshot.StripeStatus, snapshot.CaptureBefore = "requires_capture", s.now.Add(48*time.Hour)
	s.measure("RecordPayment: authorised", store.PaymentReading{Snapshot: snapshot, Reason: store.ReasonEvent, Now: s.now})
	s.measure("WarnOfCapture", twin.Reference, s.now)
	snapshot.StripeStatus = "canceled"
	s.measure("RecordPayment: hold ended", store.PaymentReading{Snapshot: snapshot, Reason: store.ReasonHoldEnded, Now: s.now})
}
