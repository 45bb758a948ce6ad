package proposals

import (
	"context"

	"farebook/booking"
	"farebook/store"
)

// Behind says who is behind a refund.
type Behind struct {
	SentBy     string // who has requested it: a program or an operator; empty where Farebook has, as after a cancellation
	Proposal   string // the code; empty without a proposal
	ProposedBy string
}

// Behind reads who is behind refunds: the audit log says who has requested each, and the proposals who has proposed it.
func (p *Proposals) Behind(ctx context.Context, refunds []booking.RefundID) (map[booking.RefundID]Behind, error) {
	known := make(map[booking.RefundID]Behind, len(refunds))
	if len(refunds) == 0 {
		return known, nil
	}
	conn := p.db.WithContext(ctx)
	var sent []struct {
		Subject booking.RefundID
		Actor   string
	}
	err := conn.Table("audit_log FORCE INDEX (idx_audit_subject)").Select("subject, actor").
		Where("subject IN ? AND action = ?", refunds, store.ActionRefundCreate).Order("id").Scan(&sent).Error
	if err != nil {
		return nil, err
	}
	for _, row := range sent {
		known[row.Subject] = Behind{SentBy: row.Actor}
	}
	var proposed []proposalRow
	err = conn.Table("proposals FORCE INDEX (idx_proposals_refund)").Where("refund_id IN ?", refunds).Find(&proposed).Error
	for _, row := range proposed {
		of := known[*row.RefundID]
		of.Proposal, of.ProposedBy = row.Code, row.ProposedBy
		known[*row.RefundID] = of
	}
	return known, err
}
