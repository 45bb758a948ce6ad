package proposals

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/store"
	"farebook/store/internal/db"
)

// Decline ends a proposal of somebody else with a note. A repetition by the same operator returns the same. Errors: store.ErrNotFound,
// *DecidedError, *SamePersonError.
func (p *Proposals) Decline(ctx context.Context, code, note string, by access.Actor) (Proposal, error) {
	d := decision{state: Declined, action: store.ActionProposalDrop, by: by, note: note}
	return p.end(ctx, code, d, func(same bool, known Proposal) error {
		if same {
			return &SamePersonError{known.Code, known.By.Name}
		}
		return nil
	})
}

// Withdraw ends an operator's proposal with a note. A repetition returns the same. Errors: store.ErrNotFound, *DecidedError,
// *NotProposerError.
func (p *Proposals) Withdraw(ctx context.Context, code, note string, by access.Actor) (Proposal, error) {
	d := decision{state: Withdrawn, action: store.ActionProposalTake, by: by, note: note}
	return p.end(ctx, code, d, func(same bool, known Proposal) error {
		if !same {
			return &NotProposerError{known.Code, known.By.Name}
		}
		return nil
	})
}

// decision is what an operator decides about a proposal.
type decision struct {
	state  State
	action store.Action
	by     access.Actor
	note   string
	refund booking.RefundID
	now    time.Time
}

func (p *Proposals) end(ctx context.Context, code string, d decision, may func(same bool, known Proposal) error) (Proposal, error) {
	known, err := p.Proposal(ctx, code)
	if err != nil {
		return Proposal{}, err
	}
	again, err := p.repeats(ctx, known, d.state, d.by)
	if err != nil || again {
		return known, err
	}
	d.now = p.books.Now()
	err = p.db.InTransaction(ctx, func(tx *gorm.DB) error {
		same, err := store.SameOperator(tx, known.By, d.by)
		if err == nil {
			err = may(same, known)
		}
		if err != nil {
			return err
		}
		return p.decide(tx, known, d)
	})
	if err != nil {
		return Proposal{}, err
	}
	return p.Proposal(ctx, code)
}

// repeats reports whether an operator has decided the same before. Another decision is a *DecidedError.
func (p *Proposals) repeats(ctx context.Context, known Proposal, state State, by access.Actor) (bool, error) {
	if known.State == Proposed {
		return false, nil
	}
	same, err := store.SameOperator(p.db.WithContext(ctx), known.Decision.By, by)
	if err != nil || same && known.State == state {
		return err == nil, err
	}
	return false, known.decided()
}

func (p Proposal) decided() error {
	return &DecidedError{Code: p.Code, State: p.State, By: p.Decision.By.Name, At: p.Decision.At}
}

// decide writes and audits a decision about a proposal that is still open: of several at once, one finds it so. Error: *DecidedError.
func (p *Proposals) decide(tx *gorm.DB, known Proposal, d decision) error {
	decided := tx.Model(&proposalRow{}).Where("id = ? AND state = ?", known.ID, Proposed).Updates(map[string]any{
		"state": d.state, "decided_at": d.now, "decided_by": db.Truncate(d.by.Name, 200), "decided_client_id": db.IDOrNil(d.by.ClientID),
		"decided_key_id": db.IDOrNil(d.by.KeyID), "decision_note": db.Truncate(d.note, 500), "refund_id": db.OrNil(d.refund),
	})
	if decided.Error != nil {
		return decided.Error
	}
	if decided.RowsAffected == 0 {
		var row proposalRow
		if err := tx.Clauses(db.ForUpdate).Where("id = ?", known.ID).Take(&row).Error; err != nil {
			return err
		}
		return listedRow{Proposal: row}.domain().decided()
	}
	detail := "proposed by " + known.By.Name
	if d.refund != "" {
		detail = string(d.refund) + ", " + detail
	}
	return store.AuditIn(tx, d.now, store.AuditEntry{
		Actor: d.by, Action: d.action, Subject: known.Code, BookingID: known.bookingID, Detail: detail,
	})
}
