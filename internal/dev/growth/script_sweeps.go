package growth

import (
	"fmt"
	"time"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/dev/bigbooks"
	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store"
	"farebook/store/proof"
)

// sweepPage is how many rows a sweeper reads at once.
const sweepPage = 100

// sweeps reads what owes work.
func (s *script) sweeps() {
	later := s.now.Add(2 * time.Hour)
	s.measure("EndedHolds", later, 0, sweepPage)
	s.measure("UnsettledPayments", 0, sweepPage)
	s.measure("UnknownFees", later, 0, sweepPage)
	s.measure("OpenRefunds", later, 0, sweepPage)
	s.measure("OpenDisputes", later, 0, sweepPage)
	s.measure("OpenPayouts", later, 0, sweepPage)
	s.measure("PossibleTwins", later, 0, sweepPage)
	s.measure("SupplementsDue", later, 0, sweepPage)
	newest := first[store.Newest](s.calls, "Newest")
	s.measure("Has", newest)
	s.measure("Read")
	s.measure("Day", s.now.AddDate(0, 0, -1), s.now)
	s.measure("PayoutsUnderway")
	s.measure("DisputesDue", listPage)
}

// rebuilds plans what a restore has lost, and brings one booking back.
func (s *script) rebuilds() {
	lost := booking.NewReference()
	item := store.RebuildItem{
		Kind: store.RebuildBooking, StripeID: s.id("pi_", "lost"), PaymentIntentID: s.id("pi_", "lost"), Reference: lost,
		Amount: money.Money{Value: price, Currency: "USD"}, StripeStatus: "succeeded", Created: s.now,
		Booking: store.LostBooking{ClientID: s.caller.ClientCode, CorrelationID: s.id("c-", "lost"), Capture: booking.CaptureAutomatic},
	}
	plan := first[store.Rebuild](s.calls, "PlanRebuild", s.now, []store.RebuildItem{item}, s.by, s.now)
	results := s.measure("Rebuild", plan.ID)
	items, _ := results[1].([]store.RebuildItem)
	s.measure("BeginRebuild", plan.ID, access.Actor{Name: s.by.Name, CorrelationID: s.id("c-", "rebuild")})
	s.measure("RebuildBooking", items[0], s.by, s.now)
	s.measure("RebuildItemDone", items[0].ID, s.now)
	old := s.old(6)
	s.measure("UnknownPayments", []store.NamedPayment{
		{PaymentIntentID: bigbooks.Intent(old), Reference: bigbooks.Reference(old)}, {PaymentIntentID: "pi_x", Reference: "FB-X"},
	})
	s.measure("UnknownRefunds", []store.NamedRefund{{StripeRefundID: "re_x", RefundID: "RF-X"}})
}

// fences raises a fence, lowers it, and decides about the emails that it held.
func (s *script) fences() {
	s.measure("RaiseFence", store.NewFence{Reason: "a test", By: s.by, Now: s.now})
	s.measure("Fence")
	s.measure("LowerFence", "over", s.by, s.now)
	s.measure("Fences", 20)
	held := first[[]store.HeldEmail](s.calls, "HeldEmails", 0, sweepPage)
	s.measure("CountHeldEmails")
	s.measure("DropEmails", store.HeldDecision{IDs: []uint64{held[0].ID}, Note: "sent", By: s.by, Now: s.now})
	s.measure("ReleaseEmails", store.HeldDecision{Note: "unsent", By: s.by, Now: s.now})
}

// openedBefore is how long before the proof the ledger was opened: a proof of changes does not continue from one that is older.
const openedBefore = 2 * time.Hour

// opening opens the ledger before the oldest booking, whatever the size of the books.
func (s *script) opening() {
	opening := store.OpeningBalance{Opening: ledger.Opening{At: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)}}
	s.measure("CheckOpening", opening)
	s.measure("OpenLedger", opening, s.by, s.now.Add(-openedBefore))
}

// ledger reads the opening, and seals the ledger.
func (s *script) ledger() {
	s.measure("Opening")
	s.measure("OpeningBalance")
	s.measure("LastSeal")
	s.measure("Sealing")
	s.measure("Seal", 1)
	s.measure("SealLedger")
	s.measure("ShowSealing", must(s.books.Sealing(s.ctx)))
	s.measure("EmailSeal", func(statement string) string { return statement })
	s.measure("EmailedSeal", 1, s.now)
}

// recognition searches for departed bookings, and for what an earlier release has posted, of which a dry run posts nothing.
func (s *script) recognition() {
	known, _ := s.paid("recognised")
	s.measure("DueRecognitions", s.now, store.DueRecognition{}, sweepPage)
	s.measure("RecogniseRevenue", known.Reference, s.now)
	s.measure("Unrecognised", s.now, sweepPage)
	s.measure("EarlierBookings", 0, sweepPage)
	s.measure("CarryOverBooking", bigbooks.Reference(s.old(40+s.round)), store.CarryingOver{DryRun: true, Now: s.now})
	s.measure("PayoutsUnderWay", 0, sweepPage)
}

// What concerns the books as a whole is called once, on the books as they were filled.

// proof proves the whole books: the baseline of the proofs of changes.
func (s *script) proof() {
	result := first[proof.Result](s.calls, "Whole", proof.Options{Restart: true})
	for _, promise := range result.Promises {
		if !promise.Held {
			panic(scriptError{fmt.Errorf("promise %d does not hold, %s: %s", promise.Number, promise.Text, promise.Detail)})
		}
	}
}

// changes proves what the round has changed.
func (s *script) changes() { s.measure("Changes") }

func (s *script) chain() {
	s.measure("VerifyChain", func(seal.Seal) {})
	s.measure("VerifySeal", 1)
	s.measure("VerifyUnsealed")
}
