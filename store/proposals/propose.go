package proposals

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/store"
	"farebook/store/internal/db"
)

// NewProposal is what somebody proposes, under their idempotency key.
type NewProposal struct {
	Key  store.IdempotencyKey
	Kind Kind
	// Reference and Refund are those of a refund. Its amount is not zero.
	Reference booking.Reference
	Refund    booking.RefundRequest
	// ItemID, Against and Note are those of a correction.
	ItemID  uint64
	Against ledger.Account
	Note    string
	By      access.Actor
}

// Propose keeps and audits a proposal, or finds what the key already stands for: UNIQUE key of the client. Errors: store.ErrNotFound,
// *store.IdempotencyConflictError, *store.RefundExceedsCapturedError, *store.NotRefundableError, *recon.NotCorrectableError.
func (p *Proposals) Propose(ctx context.Context, in NewProposal) (store.Claim, error) {
	now := p.books.Now()
	return p.books.ClaimNew(ctx, in.Key, now, func(tx *gorm.DB) (string, *uint64, error) {
		row, err := p.rowOf(ctx, in)
		if err != nil {
			return "", nil, err
		}
		row.Code, row.State, row.ProposedAt = access.NewProposalCode(), Proposed, now
		row.ProposedBy = db.Truncate(in.By.Name, 200)
		row.ProposedClientID, row.ProposedKeyID = db.IDOrNil(in.By.ClientID), db.IDOrNil(in.By.KeyID)
		if err := tx.Create(&row).Error; err != nil {
			return "", nil, err
		}
		return row.Code, row.BookingID, store.AuditIn(tx, now, store.AuditEntry{
			Actor: in.By, Action: store.ActionPropose, Subject: row.Code, BookingID: row.BookingID, Detail: row.detail(in),
		})
	})
}

func (r proposalRow) detail(in NewProposal) string {
	of := money.Text(r.Amount, r.Currency)
	if r.Kind == KindRefund {
		return fmt.Sprintf("refund of %s of %s, %s", of, in.Reference, r.Reason)
	}
	return fmt.Sprintf("correction of %s for item %d against %s", of, in.ItemID, r.Reason)
}

// rowOf checks what is proposed. It may have changed when the proposal is sent, so that it is checked again.
func (p *Proposals) rowOf(ctx context.Context, in NewProposal) (proposalRow, error) {
	if in.Kind == KindRefund {
		return p.refundRow(ctx, in)
	}
	item, err := p.runs.Item(ctx, in.ItemID)
	if err != nil {
		return proposalRow{}, err
	}
	if err := item.Postable(); err != nil {
		return proposalRow{}, err
	}
	row := proposalRow{
		Kind: KindCorrection, ItemID: &in.ItemID, Amount: -item.Unposted(), Currency: item.Currency, Reason: string(in.Against), Note: in.Note,
	}
	if item.Reference != "" {
		known, err := p.books.Booking(ctx, item.Reference)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return proposalRow{}, err
		}
		row.BookingID = db.IDOrNil(known.ID)
	}
	return row, nil
}

func (p *Proposals) refundRow(ctx context.Context, in NewProposal) (proposalRow, error) {
	known, err := p.books.Booking(ctx, in.Reference)
	if err != nil {
		return proposalRow{}, err
	}
	if known.Payment == nil || known.Payment.Status != booking.PaymentSucceeded {
		return proposalRow{}, &store.NotRefundableError{Why: "the booking has no captured payment"}
	}
	refunded, err := p.books.KnownRefunds(ctx, known.ID)
	if err != nil {
		return proposalRow{}, err
	}
	left := known.Payment.AmountCaptured - refunded.Made - refunded.Asked - refunded.Bank
	if in.Refund.Amount > left {
		return proposalRow{}, &store.RefundExceedsCapturedError{
			Asked: money.Money{Value: in.Refund.Amount, Currency: known.Amount.Currency},
			Left:  money.Money{Value: max(left, 0), Currency: known.Amount.Currency},
		}
	}
	return proposalRow{
		Kind: KindRefund, BookingID: &known.ID, Amount: in.Refund.Amount, Currency: known.Amount.Currency, Reason: string(in.Refund.Reason),
		Note: in.Refund.Note,
	}, nil
}
