package sweeper

import (
	"context"
	"strconv"
	"time"

	"farebook/reconciliation"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/store/drafts"
	"farebook/store/recon"
)

// kinds lists all rows that owe work, those with the earliest deadline first. Rows changed at or after before are too young.
func (s *Sweeper) kinds(before time.Time) []kind {
	twinsBefore := s.Store.Now().Add(-max(s.Every, s.ListLag))
	return []kind{
		{"a booking whose hold is over", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.booking)(s.Store.EndedHolds(ctx, before, after, pageSize))
		}},
		{"a booking whose payment is authorised or being processed", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.booking)(s.Store.UnsettledPayments(ctx, after, pageSize))
		}},
		{"a payment whose fee is unknown", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.fee)(s.Store.UnknownFees(ctx, before, after, pageSize))
		}},
		{"a refund that is reserved, on its way or not in the ledger", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.refund)(s.Store.OpenRefunds(ctx, before, after, pageSize))
		}},
		{"a dispute that is not settled", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.dispute)(s.Store.OpenDisputes(ctx, before, after, pageSize))
		}},
		{"evidence that somebody has asked to submit", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.evidence)(drafts.New(s.Store).ListUnsubmitted(ctx, before, after, pageSize))
		}},
		{"a payout that is not proven", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.payout)(s.Store.OpenPayouts(ctx, before, after, pageSize))
		}},
		{"a fee that Stripe billed and that is not in the ledger", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.bill)(recon.New(s.Store).UnpostedLines(ctx, reconciliation.HealAccountFee, before, after, pageSize))
		}},
		{"money of no booking that is not in the ledger", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.unbooked)(recon.New(s.Store).UnpostedLines(ctx, reconciliation.HealUnbooked, before, after, pageSize))
		}},
		{"an email that waits to be sent", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.email)(s.Store.QueuedEmails(ctx, before, after, pageSize))
		}},
		{"a webhook endpoint with events that are due", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.webhooks)(s.Store.OwedEndpoints(ctx, before, after, pageSize))
		}},
		{"a booking that may have a second PaymentIntent at Stripe", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.twin)(s.Store.PossibleTwins(ctx, twinsBefore, after, pageSize))
		}},
		{"a further payment whose booking has ended", func(ctx context.Context, after uint64) ([]owed, error) {
			return owing(s.supplement)(s.Store.SupplementsDue(ctx, before, after, pageSize))
		}},
	}
}

// owing turns one page of the store into rows that owe work.
func owing[T any](work func(T) owed) func([]T, error) ([]owed, error) {
	return func(rows []T, err error) ([]owed, error) {
		all := make([]owed, len(rows))
		for i, row := range rows {
			all[i] = work(row)
		}
		return all, err
	}
}

func (s *Sweeper) booking(b store.Booking) owed {
	return owed{b.ID, b.CorrelationID, b.TraceParent, "reference", string(b.Reference), func(ctx context.Context) (bool, error) {
		return s.Dispatch.ResumeBooking(ctx, dispatch.BookingSubjectOf(b))
	}}
}

// fee has the booking's workflow read the payment again and wait until Stripe reports its fee.
func (s *Sweeper) fee(b store.Booking) owed {
	return owed{b.ID, b.CorrelationID, b.TraceParent, "reference", string(b.Reference), func(ctx context.Context) (bool, error) {
		subject := dispatch.BookingSubjectOf(b)
		subject.LookAt = b.Payment.PaymentIntentID
		return s.Dispatch.ResumeBooking(ctx, subject)
	}}
}

func (s *Sweeper) refund(r store.OpenRefund) owed {
	return owed{r.RowID, r.CorrelationID, r.TraceParent, "refundId", string(r.ID), func(ctx context.Context) (bool, error) {
		return s.Dispatch.ResumeRefund(ctx, dispatch.RefundSubjectOf(r.Refund))
	}}
}

func (s *Sweeper) dispute(d store.OpenDispute) owed {
	return owed{d.RowID, d.CorrelationID, "", "disputeId", d.ID, func(ctx context.Context) (bool, error) {
		return s.Dispatch.ResumeDispute(ctx, d.ID, d.Reference, d.CorrelationID)
	}}
}

// evidence asks the dispute's workflow, which usually runs, to submit: the process that was to ask may have died.
func (s *Sweeper) evidence(e drafts.Unsubmitted) owed {
	return owed{e.RowID, e.CorrelationID, "", "disputeId", e.DisputeID, func(ctx context.Context) (bool, error) {
		return s.Dispatch.ResumeEvidence(ctx, dispatch.EvidenceSubject{
			DisputeID: e.DisputeID, Reference: e.Reference, CorrelationID: e.CorrelationID, Attempt: e.Attempts,
		})
	}}
}

func (s *Sweeper) payout(p store.OpenPayout) owed {
	return owed{p.RowID, "", "", "payoutId", p.ID, func(ctx context.Context) (bool, error) {
		return s.Dispatch.ResumePayout(ctx, p.ID)
	}}
}

func (s *Sweeper) bill(l recon.UnpostedLine) owed {
	return owed{l.RowID, l.CorrelationID, "", "balanceTransactionId", l.ID, func(ctx context.Context) (bool, error) {
		return s.Dispatch.ResumeAccountFee(ctx, l.ID)
	}}
}

func (s *Sweeper) unbooked(l recon.UnpostedLine) owed {
	return owed{l.RowID, l.CorrelationID, "", "balanceTransactionId", l.ID, func(ctx context.Context) (bool, error) {
		return s.Dispatch.ResumeUnbooked(ctx, l.ID)
	}}
}

func (s *Sweeper) email(e store.QueuedEmail) owed {
	return owed{e.ID, e.CorrelationID, "", "emailId", strconv.FormatUint(e.ID, 10), func(ctx context.Context) (bool, error) {
		return s.Dispatch.ResumeEmail(ctx, e.ID, dispatch.EmailWorkflowID(e))
	}}
}

// supplement ends a further payment as its booking has ended. The process that ended the booking may have died before it did, or the
// payment was in the bank's hands.
func (s *Sweeper) supplement(b store.Booking) owed {
	return owed{b.ID, b.CorrelationID, b.TraceParent, "reference", string(b.Reference), func(ctx context.Context) (bool, error) {
		return false, s.Dispatch.EndSupplement(ctx, dispatch.BookingSubjectOf(b), s.Store.Now())
	}}
}

func (s *Sweeper) twin(b store.Booking) owed {
	return owed{b.ID, b.CorrelationID, b.TraceParent, "reference", string(b.Reference), func(ctx context.Context) (bool, error) {
		return s.Dispatch.CancelTwins(ctx, b.Reference)
	}}
}

func (s *Sweeper) webhooks(e store.OwedEndpoint) owed {
	return owed{e.Row, "", "", "endpointId", e.ID, func(ctx context.Context) (bool, error) {
		return s.Dispatch.ResumeWebhooks(ctx, e.ID)
	}}
}
