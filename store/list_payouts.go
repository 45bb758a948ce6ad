package store

import (
	"context"

	"gorm.io/gorm"
)

// PayoutFilter narrows a list of payouts; what is zero does not.
type PayoutFilter struct {
	Named  string // a payout, or an event about one: only what it names, whatever the other fields say
	Status string
	Times
	Amount AmountRange
}

func (f PayoutFilter) narrow(query *gorm.DB, named string) *gorm.DB {
	if f.Named != "" {
		return query.Where("payouts.stripe_payout_id = ?", named)
	}
	if f.Status != "" {
		query = query.Where("payouts.status = ?", f.Status)
	}
	return f.Amount.narrow(query, "payouts")
}

// ListPayouts lists payouts, the newest first.
func (s *Store) ListPayouts(ctx context.Context, f PayoutFilter, p Page) (Listed[Payout], error) {
	conn := s.db.WithContext(ctx)
	named, err := s.named(ctx, f.Named)
	if err != nil {
		return Listed[Payout]{}, err
	}
	payouts := list[payoutRow]{
		keys: func() []keyRead {
			index := "idx_payouts_created"
			switch {
			case f.Named != "":
				index = "idx_payouts_stripe_id"
			case f.Status != "":
				index = "idx_payouts_status_created"
			}
			return keyReads("payouts", f.narrow(through(conn, "payouts", "payouts", index), named))
		},
		rows: func(ids []uint64, limit int) (rows []payoutRow, err error) {
			query := conn.Model(&payoutRow{}).Table("payouts FORCE INDEX (PRIMARY)").Where("payouts.id IN ?", ids)
			err = f.narrow(query, named).Order("payouts.created_at DESC, payouts.id DESC").Limit(limit).Find(&rows).Error
			return rows, err
		},
		position: func(r payoutRow) Position { return Position{r.CreatedAt, r.ID} },
	}
	if f.Named == "" {
		payouts.from, payouts.to = f.From, f.To
	}
	page, err := payouts.page(conn, p)
	listed := Listed[Payout]{Next: page.Next}
	for _, row := range page.Rows {
		listed.Rows = append(listed.Rows, row.domain())
	}
	return listed, err
}
