package monthend

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/ledger/closing"
)

type closingRow struct {
	Number         uint64 `gorm:"primaryKey;autoIncrement:false"`
	Period         ledger.Period
	Action         closing.Action
	BooksZone      string
	Transactions   uint64
	Entries        uint64
	LastLedgerID   uint64
	TrialBalance   string
	Reason         string
	Notes          string
	ProposedAt     time.Time
	ProposedBy     string
	ApprovedAt     time.Time
	ApprovedBy     string
	PreviousDigest []byte
	Digest         []byte
}

func (closingRow) TableName() string { return "ledger_closings" }

func closingRowOf(c closing.Closing) (closingRow, error) {
	lines, err := json.Marshal(c.Trial.Lines)
	notes, otherErr := json.Marshal(c.Notes)
	return closingRow{
		Number: c.Number, Period: c.Trial.Period, Action: c.Action, BooksZone: c.Trial.Zone, Transactions: c.Trial.Transactions,
		Entries: c.Trial.Entries, LastLedgerID: c.LastLedgerID, TrialBalance: string(lines), Reason: c.Reason, Notes: string(notes),
		ProposedAt: c.ProposedAt, ProposedBy: c.ProposedBy, ApprovedAt: c.ApprovedAt, ApprovedBy: c.ApprovedBy,
		PreviousDigest: c.Previous[:], Digest: c.Digest[:],
	}, errors.Join(err, otherErr)
}

func (r closingRow) domain() (closing.Closing, error) {
	c := closing.Closing{
		Number: r.Number, Action: r.Action, LastLedgerID: r.LastLedgerID, Reason: r.Reason, ProposedAt: r.ProposedAt, ProposedBy: r.ProposedBy,
		ApprovedAt: r.ApprovedAt, ApprovedBy: r.ApprovedBy,
		Trial: closing.Trial{Period: r.Period, Zone: r.BooksZone, Transactions: r.Transactions, Entries: r.Entries},
	}
	copy(c.Previous[:], r.PreviousDigest)
	copy(c.Digest[:], r.Digest)
	return c, errors.Join(json.Unmarshal([]byte(r.TrialBalance), &c.Trial.Lines), json.Unmarshal([]byte(r.Notes), &c.Notes))
}

// firstClosing reads the first closing of a query, and reports whether there is one.
func firstClosing(query *gorm.DB) (closing.Closing, bool, error) {
	var row closingRow
	found := query.Limit(1).Find(&row)
	if found.Error != nil || found.RowsAffected == 0 {
		return closing.Closing{}, false, found.Error
	}
	c, err := row.domain()
	return c, err == nil, err
}

// closingOf is the close of a month that is closed.
func closingOf(conn *gorm.DB, period ledger.Period) (closing.Closing, bool, error) {
	last, found, err := firstClosing(conn.Where("period = ?", period).Order("number DESC"))
	if err != nil || !found || last.Action != closing.Close {
		return closing.Closing{}, false, err
	}
	return last, true, nil
}

func lastClosing(conn *gorm.DB) (closing.Closing, error) {
	last, _, err := firstClosing(conn.Order("number DESC"))
	return last, err
}

// Closing reads the close of a month, and reports whether the month is closed. A month before the first one that was closed has none.
func (m *Months) Closing(ctx context.Context, period ledger.Period) (closing.Closing, bool, error) {
	return closingOf(m.db.WithContext(ctx), period)
}

// Closings lists closes and reopenings, the newest first: those before a number, all when it is 0.
func (m *Months) Closings(ctx context.Context, before uint64, limit int) ([]closing.Closing, error) {
	query := m.db.WithContext(ctx).Order("number DESC").Limit(limit)
	if before > 0 {
		query = query.Where("number < ?", before)
	}
	var rows []closingRow
	if err := query.Find(&rows).Error; err != nil {
		return nil, err
	}
	return closingsOf(rows)
}

// after lists closes and reopenings after a number, the oldest first.
func (m *Months) after(ctx context.Context, number uint64, limit int) ([]closing.Closing, error) {
	var rows []closingRow
	if err := m.db.WithContext(ctx).Where("number > ?", number).Order("number").Limit(limit).Find(&rows).Error; err != nil {
		return nil, err
	}
	return closingsOf(rows)
}

func closingsOf(rows []closingRow) ([]closing.Closing, error) {
	all := make([]closing.Closing, len(rows))
	var errs error
	for i, row := range rows {
		var err error
		all[i], err = row.domain()
		errs = errors.Join(errs, err)
	}
	return all, errs
}
