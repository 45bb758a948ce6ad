package proposals

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/store"
	"farebook/store/internal/db"
	"farebook/store/recon"
)

// Sending is the decision to send a proposal.
type Sending struct {
	Code string
	By   access.Actor
	// RefundLimits and CorrectionLimits are those of all roles: who sends is limited, too.
	RefundLimits, CorrectionLimits access.Limits
	// There is the balance transaction of a correction at Stripe; nil if Stripe does not have it.
	There       *booking.BalanceTransaction
	TraceParent string // see store.Refund
}

// Send reserves the refund that somebody else has proposed, or posts the correction, and marks the proposal as sent in the same
// transaction: one of several at once does. The refund derives from the proposal's code, and its workflow is started by the caller, or by
// the sweeper. A repetition by the same operator returns the same. A proposal that does not fit any more stays open, with the reason.
//
// Errors: store.ErrNotFound, *DecidedError, *SamePersonError, *access.AboveLimitError, and those that Propose has.
func (p *Proposals) Send(ctx context.Context, in Sending) (Proposal, error) {
	known, err := p.Proposal(ctx, in.Code)
	if err != nil {
		return Proposal{}, err
	}
	again, err := p.repeats(ctx, known, Sent, in.By)
	if err != nil || again {
		return known, err
	}
	if known.Kind == KindRefund {
		err = p.sendRefund(ctx, known, in)
	} else {
		err = p.sendCorrection(ctx, known, in)
	}
	if err == nil {
		failpoint.Hit("after-send-proposal")
		return p.Proposal(ctx, in.Code)
	}
	if unfit(err) {
		err = errors.Join(err, p.refuse(ctx, known, in.By, err))
	}
	return Proposal{}, err
}

func (p *Proposals) sendRefund(ctx context.Context, known Proposal, in Sending) error {
	booked, err := p.books.Booking(ctx, known.Reference)
	if err != nil {
		return err
	}
	now := p.books.Now()
	_, err = p.books.ReserveRefundOnce(ctx, store.NewRefund{
		Reference: known.Reference, Request: booking.RefundRequest{Amount: known.Amount.Value, Reason: known.Reason, Note: known.Note},
		CorrelationID: booked.CorrelationID, TraceParent: in.TraceParent, By: in.By, Limits: in.RefundLimits, Proposal: known.Code, Now: now,
	}, "proposal/"+known.Code, func(tx *gorm.DB, reserved store.Refund) error {
		return p.markSent(tx, known, in.By, reserved.ID, now)
	})
	return err
}

func (p *Proposals) sendCorrection(ctx context.Context, known Proposal, in Sending) error {
	now := p.books.Now()
	return p.runs.Correct(ctx, recon.Correction{
		ItemID: known.ItemID, There: in.There, Against: known.Against, Note: known.Note, By: in.By, Limits: in.CorrectionLimits,
		Proposed: &known.Amount,
		Also:     func(tx *gorm.DB) error { return p.markSent(tx, known, in.By, "", now) },
	}, now)
}

func (p *Proposals) markSent(tx *gorm.DB, known Proposal, by access.Actor, refund booking.RefundID, now time.Time) error {
	tx = tx.Session(&gorm.Session{NewDB: true})
	same, err := store.SameOperator(tx, known.By, by)
	if err == nil && same {
		err = &SamePersonError{known.Code, known.By.Name}
	}
	if err == nil {
		err = p.decide(tx, known, decision{state: Sent, action: store.ActionProposalSend, by: by, refund: refund, now: now})
	}
	if err == nil {
		failpoint.Hit("before-send-proposal")
	}
	return err
}

// unfit reports whether a proposal cannot be sent because of what has happened since it was made.
func unfit(err error) bool {
	var exceeds *store.RefundExceedsCapturedError
	var refundable *store.NotRefundableError
	var correctable *recon.NotCorrectableError
	return errors.As(err, &exceeds) || errors.As(err, &refundable) || errors.As(err, &correctable)
}

// refuse keeps why a proposal could not be sent.
func (p *Proposals) refuse(ctx context.Context, known Proposal, by access.Actor, why error) error {
	return p.db.WithContext(ctx).Model(&proposalRow{}).Where("id = ? AND state = ?", known.ID, Proposed).Updates(map[string]any{
		"refused_at": p.books.Now(), "refused_by": db.Truncate(by.Name, 200), "refusal": db.Truncate(why.Error(), 500),
	}).Error
}
