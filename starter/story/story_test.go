package story_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/notice"
	"farebook/starter/story"
	"farebook/store"
)

var (
	taken   = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	departs = taken.AddDate(0, 1, 0)
)

func usd(value int64) money.Money { return money.Money{Value: value, Currency: "USD"} }

// told is the story of a booking of $459.00 in a status, whose payment has one; change adds to what the books have.
func told(status booking.Status, payment booking.PaymentStatus, change func(*store.Story)) store.Story {
	s := store.Story{Booking: store.Booking{
		ID: 1, Reference: "FB-7K2M9QXA", Status: status, Amount: usd(45900), CreatedAt: taken, HoldExpiresAt: taken.Add(time.Hour),
		Customer: booking.Customer{Name: "Layla Haddad", Email: "layla@example.com", Locale: money.LocaleEN},
		Flight:   booking.Flight{Number: "EK2", From: "LHR", To: "DXB", DepartsAt: departs, ArrivesAt: departs.Add(7 * time.Hour)},
		Capture:  booking.CaptureAutomatic,
	}}
	if payment != "" {
		s.Booking.Payment = &store.Payment{PaymentIntentID: "pi_1", ChargeID: "ch_1", Status: payment, Amount: usd(45900), CreatedAt: taken}
		if payment == booking.PaymentSucceeded {
			s.Booking.Payment.AmountCaptured = 45900
		}
	}
	if change != nil {
		change(&s)
	}
	return s
}

func refund(status booking.RefundStatus, value int64) store.Refund {
	return store.Refund{
		ID: "RF-1", Status: status, Amount: usd(value), StripeRefundID: "re_1", CreatedAt: taken, UpdatedAt: taken.Add(time.Minute),
	}
}

// What may be refunded is what was captured less what has gone back, may go back or is held by the bank; the actions follow the state.
func TestFiguresAndActionsFollowTheMoney(t *testing.T) {
	t.Parallel()
	const paid = booking.PaymentSucceeded
	nothing, whole := [5]int64{}, [5]int64{45900, 0, 0, 0, 45900}
	for name, c := range map[string]struct {
		story    store.Story
		figures  [5]int64 // captured, refunded, pending, disputed, refundable
		refusals string   // of cancel, capture and refund
	}{
		"held":              {told("pending_payment", "pending", nil), nothing, "capture:automatic refund:not_captured"},
		"being paid":        {told("pending_payment", "processing", nil), nothing, "cancel:being_paid capture:automatic refund:not_captured"},
		"without a payment": {told("pending_payment", "", nil), nothing, "capture:automatic refund:not_captured"},
		"expired":           {told("expired", "canceled", nil), nothing, "cancel:closed capture:automatic refund:not_captured"},
		"paid":              {told("confirmed", paid, nil), whole, "capture:automatic"},
		"authorised":        {told("pending_payment", "authorized", manual), nothing, "refund:not_captured"},
		"to be authorised":  {told("pending_payment", "pending", manual), nothing, "capture:not_authorized refund:not_captured"},
		"captured":          {told("confirmed", paid, manual), whole, "capture:captured"},
		"a refund on its way": {
			told("confirmed", paid, refunds(refund("pending", 10000))), [5]int64{45900, 0, 10000, 0, 35900}, "capture:automatic",
		},
		"a refund that failed": {told("confirmed", paid, refunds(refund("failed", 10000))), whole, "capture:automatic"},
		"a refund that failed and was paid from the bank": {
			told("confirmed", paid, func(s *store.Story) {
				s.Refunds = []store.Refund{refund("failed", 10000)}
				s.Ledger = []store.LedgerTransaction{{Transaction: ledger.Transaction{Type: ledger.TypeManual, ObjectID: "RF-1"}}}
			}), [5]int64{45900, 10000, 0, 0, 35900}, "capture:automatic",
		},
		"refunded in part": {
			told("partially_refunded", paid, func(s *store.Story) {
				s.Booking.Payment.AmountRefunded = 5900
				s.Refunds = []store.Refund{refund("succeeded", 5900), refund("requested", 20000), refund("unknown", 10000)}
			}), [5]int64{45900, 5900, 30000, 0, 10000}, "capture:automatic",
		},
		"refunded": {
			told("refunded", paid, func(s *store.Story) {
				s.Booking.Payment.AmountRefunded = 45900
				s.Refunds = []store.Refund{refund("succeeded", 45900)}
			}), [5]int64{45900, 45900, 0, 0, 0}, "cancel:returned capture:automatic refund:nothing_left",
		},
		"disputed": {
			told("disputed", paid, disputes("needs_response", 45900)),
			[5]int64{45900, 0, 0, 45900, 0},
			"cancel:disputed capture:automatic refund:disputed",
		},
		"an inquiry holds nothing": {told("confirmed", paid, disputes("warning_needs_response", 45900)), whole, "capture:automatic"},
		"won":                      {told("confirmed", paid, disputes("won", 45900)), whole, "capture:automatic"},
		"refunded and disputed": {
			told("refunded", paid, func(s *store.Story) {
				s.Booking.Payment.AmountRefunded = 45900
				s.Disputes = []store.Dispute{{ID: "dp_1", Status: "lost", Amount: usd(45900)}}
			}), [5]int64{45900, 45900, 0, 45900, 0}, "cancel:returned capture:automatic refund:disputed",
		},
		"cancelled after payment": {
			told("cancelled", paid, func(s *store.Story) { s.Booking.CancelledAt = &taken }), whole, "cancel:cancelled capture:automatic",
		},
	} {
		got := story.Of(c.story, story.Options{Operator: true})
		f := got.Figures
		require.Equal(t, c.figures, [5]int64{f.Captured.Value, f.Refunded.Value, f.Pending.Value, f.Disputed.Value, f.Refundable.Value}, name)
		require.Equal(t, name == "refunded and disputed", f.Exceeds, name)
		var refusals []string
		for _, action := range got.Actions {
			require.Equal(t, action.Reason == "", action.Allowed)
			require.Equal(t, action.Allowed, action.Text == "", "%s: %s", name, action.Reason)
			if !action.Allowed && action.Action != "resend" {
				refusals = append(refusals, action.Action+":"+action.Reason)
			}
		}
		require.Equal(t, c.refusals, strings.Join(refusals, " "), name)
	}
}

func manual(s *store.Story) { s.Booking.Capture = booking.CaptureManual }

func refunds(all ...store.Refund) func(*store.Story) { return func(s *store.Story) { s.Refunds = all } }

func disputes(status booking.DisputeStatus, value int64) func(*store.Story) {
	return func(s *store.Story) { s.Disputes = []store.Dispute{{ID: "dp_1", Status: status, Amount: usd(value)}} }
}

// "Where is my refund?" has an answer in each state.
func TestARefundSaysWhereItsMoneyIs(t *testing.T) {
	t.Parallel()
	at := func(change func(*store.Refund), status booking.RefundStatus) story.RefundPart {
		r := refund(status, 100)
		if change != nil {
			change(&r)
		}
		return story.Of(told("confirmed", booking.PaymentSucceeded, refunds(r)), story.Options{}).Refunds[0]
	}
	for place, r := range map[string]story.RefundPart{
		"asking":    at(nil, booking.RefundRequested),
		"postponed": at(func(r *store.Refund) { r.RefusedAt = &taken }, booking.RefundRequested),
		"abandoned": at(func(r *store.Refund) { r.AbandonedAt = &taken }, booking.RefundFailed),
		"pending":   at(nil, booking.RefundPending),
		"action":    at(nil, booking.RefundRequiresAction),
		"sent":      at(func(r *store.Refund) { r.Bank = booking.BankReference{Status: "pending", Way: "refund"} }, booking.RefundSucceeded),
		"at_bank":   at(func(r *store.Refund) { r.Bank = booking.BankReference{Reference: "7483", Way: "refund"} }, booking.RefundSucceeded),
		"reversed":  at(func(r *store.Refund) { r.Bank = booking.BankReference{Way: "reversal"} }, booking.RefundSucceeded),
		"failed":    at(nil, booking.RefundFailed),
		"refused":   at(func(r *store.Refund) { r.StripeRefundID = "" }, booking.RefundFailed),
		"unknown":   at(nil, booking.RefundUnknown),
	} {
		require.Equal(t, place, r.Where.ID)
		require.NotEmpty(t, r.Where.Text, place)
		require.Equal(t, slices.Contains([]string{"failed", "refused", "abandoned"}, place), r.Failed, place)
	}
	require.Nil(t, at(nil, booking.RefundSucceeded).Bank)
	require.Equal(t, "7483", at(func(r *store.Refund) { r.Bank.Reference = "7483" }, booking.RefundSucceeded).Bank.Reference)
}

// "I got no mail" has an answer in each state, with the text that was written.
func TestAnEmailSaysWhereItIs(t *testing.T) {
	t.Parallel()
	at := func(e store.Email) story.EmailPart {
		s := told("confirmed", booking.PaymentSucceeded, nil)
		e.Kind, e.Audience, e.Booking = notice.Confirmed, notice.ToCustomer, s.Booking
		e.Notice.Receipt = &notice.ReceiptContent{Paid: usd(45900), PaidAt: taken}
		s.Emails = []store.Email{e}
		return story.Of(s, story.Options{}).Emails[0]
	}
	for place, email := range map[string]story.EmailPart{
		"queued":     at(store.Email{Status: store.EmailQueued}),
		"retried":    at(store.Email{Status: store.EmailQueued, Attempts: 2}),
		"taken":      at(store.Email{Status: store.EmailSent, ServerAnswer: "queued as 1", SentAt: &taken}),
		"refused":    at(store.Email{Status: store.EmailFailed, LastError: "code 550"}),
		"suppressed": at(store.Email{Status: store.EmailSuppressed}),
		"held":       at(store.Email{Status: store.EmailHeld}),
	} {
		require.Equal(t, place, email.Where.ID)
		require.NotEmpty(t, email.Where.Text, place)
		require.Contains(t, email.Text, "FB-7K2M9QXA", place)
		require.NotEmpty(t, email.Subject)
		require.Equal(t, email.Status != store.EmailQueued, email.Resendable)
	}
}

// "Was I charged twice?" is answered by the other bookings of the address: what is held, what came too late, and what was paid for the
// same trip.
func TestOtherBookingsOfTheAddressShowADoublePayment(t *testing.T) {
	t.Parallel()
	other := func(reference booking.Reference, status booking.Status, payment booking.PaymentStatus, change func(*store.Story)) store.Booking {
		b := told(status, payment, change).Booking
		b.Reference = reference
		return b
	}
	s := told("confirmed", booking.PaymentSucceeded, func(s *store.Story) {
		s.Others = []store.Booking{
			other("FB-TWICE000", "confirmed", booking.PaymentSucceeded, nil),
			other("FB-RETURNED", "refunded", booking.PaymentSucceeded, func(s *store.Story) { s.Booking.Payment.AmountRefunded = 45900 }),
			other("FB-ANOTHER0", "confirmed", booking.PaymentSucceeded, func(s *store.Story) { s.Booking.Flight.Number = "EK3" }),
			other("FB-HOLD0000", "pending_payment", booking.PaymentAuthorized, manual),
			other("FB-LATE0000", "expired", booking.PaymentSucceeded, nil),
			other("FB-DECLINED", "payment_failed", booking.PaymentCanceled, func(s *store.Story) {
				s.Booking.Payment.DeclineCode = "stolen_card"
			}),
		}
	})
	got := story.Of(s, story.Options{Operator: true})
	require.Equal(t, []string{"FB-TWICE000", "FB-LATE0000"}, got.ChargedAlso)
	of := map[string]story.BookingPart{}
	for _, part := range got.Others {
		of[part.Reference] = part
	}
	require.Len(t, of, 6)
	require.True(t, of["FB-HOLD0000"].Held)
	require.True(t, of["FB-LATE0000"].Late)
	require.False(t, of["FB-ANOTHER0"].SameTrip)
	require.Zero(t, of["FB-RETURNED"].Kept.Value)
	require.True(t, of["FB-DECLINED"].Advice.Confidential)
	require.NotContains(t, of["FB-DECLINED"].Advice.Tell, "stolen")
}

// The timeline is in the order of time and has each kind of moment; a client's key sees nothing of operators.
func TestTheTimelineIsOneAndShowsOperatorsToOperatorsAlone(t *testing.T) {
	t.Parallel()
	minute := func(n int) time.Time { return taken.Add(time.Duration(n) * time.Minute) }
	sent, closed := minute(4), minute(12)
	s := told("confirmed", booking.PaymentSucceeded, func(s *store.Story) {
		s.Requests = []store.StoryRequest{
			{Operation: store.OperationCreateBooking, Resource: "FB-7K2M9QXA", Client: "shop", KeyID: "ak_1", AnswerStatus: 201, CreatedAt: taken},
			{Operation: store.OperationCreateRefund, Resource: "RF-1", Client: "shop", CreatedAt: minute(5)},
		}
		s.Events = []store.Event{{ID: "evt_1", Type: "payment_intent.succeeded", State: store.EventProcessed, ReceivedAt: minute(2)}}
		s.Ledger = []store.LedgerTransaction{{ID: 1, PostedAt: minute(3), Transaction: ledger.Transaction{
			Type: ledger.TypePayment, Description: "Payment of booking FB-7K2M9QXA",
			Entries: []ledger.Entry{{Account: ledger.AssetStripeClearing, Side: ledger.Debit, Amount: 45900, Currency: "USD"}},
		}}}
		s.Emails = []store.Email{
			{
				ID: 1, Kind: notice.Confirmed, Audience: notice.ToCustomer, Status: store.EmailSent, CreatedAt: minute(3), SentAt: &sent,
				Booking: s.Booking,
			},
			{ID: 2, Kind: notice.DisputeOpened, Audience: notice.ToFinance, Status: store.EmailFailed, CreatedAt: minute(9), Booking: s.Booking},
		}
		s.Audit = []store.AuditEntry{{
			Action: store.ActionRefundCreate, Subject: "RF-1", Detail: "$1.00", At: minute(5), Actor: access.Actor{Name: "carol@desk"},
		}}
		s.Refunds = []store.Refund{{
			ID: "RF-1", Status: booking.RefundFailed, Amount: usd(100), CreatedAt: minute(6), UpdatedAt: minute(7), FailureReason: "declined",
		}}
		s.Disputes = []store.Dispute{{ID: "dp_1", Status: "won", Amount: usd(45900), CreatedAt: minute(8), UpdatedAt: minute(10)}}
		s.Matters = []store.AttentionItem{{
			ID: 1, Kind: store.AttentionRefundFailed, Text: "refund RF-1 failed", OpenedAt: minute(11), ClosedAt: &closed, ClosedBy: "carol@desk",
			Subject: "RF-1",
		}}
		s.Steps = []store.AttentionStep{
			{Matter: 1, Kind: store.AttentionTaken, At: minute(11), By: access.Actor{Name: "carol@desk"}},
			{Matter: 1, Kind: store.AttentionComment, Text: "the bank calls back", At: minute(11), By: access.Actor{Name: "carol@desk"}},
		}
	})
	of := func(o story.Options) (whats []string, got story.Story) {
		got = story.Of(s, o)
		require.True(t, slices.IsSortedFunc(got.Timeline, func(a, b story.MomentPart) int { return a.At.Compare(b.At) }))
		for _, m := range got.Timeline {
			whats = append(whats, m.What)
			require.NotEmpty(t, m.Text, m.What)
		}
		return whats, got
	}
	whats, got := of(story.Options{Operator: true})
	require.Equal(t, []string{
		"booking.held", "payment.created", "create-booking", "payment_intent.succeeded", "payment", "email.sent", "refund.create",
		"refund.decided", "refund.failed", "dispute.opened", "email.failed", "dispute.won", "attention.opened", "attention.take",
		"attention.comment", "attention.closed",
	}, whats)
	require.Equal(t, "carol@desk", got.Timeline[6].By)
	require.True(t, got.Timeline[8].Alarm)
	comment := got.Timeline[14]
	require.Equal(t, []string{"the bank calls back", "RF-1", "carol@desk"}, []string{comment.Text, comment.ID, comment.By})
	require.Len(t, got.Attention, 1)
	require.Equal(t, "payment", got.Postings[0].Why[0].ID)
	require.Equal(t, []string{"BookingPayment:FB-7K2M9QXA", "Refund:RF-1", "Dispute:dp_1"}, got.Workflows)
	require.Equal(t, "https://dashboard.stripe.com/test/payments/pi_1", got.Payment.Dashboard)

	whats, got = of(story.Options{Live: true})
	require.NotContains(t, whats, "attention.opened")
	require.NotContains(t, whats, "email.failed")
	require.Len(t, got.Emails, 1)
	require.Empty(t, got.Attention)
	require.Equal(t, "https://dashboard.stripe.com/payments/pi_1", got.Payment.Dashboard)
	for _, m := range got.Timeline {
		require.NotContains(t, m.By+m.Text, "carol@desk")
	}
}
