package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/store/internal/db"
)

// AttentionItem is a matter that an operator has to look at, or had to.
type AttentionItem struct {
	ID        uint64
	Reference booking.Reference // empty for an object that belongs to no booking
	Kind      AttentionKind
	Subject   string
	Text      string
	OpenedAt  time.Time
	ClosedAt  *time.Time // nil while it is open
	ClosedBy  string     // empty for one that closed when its matter was settled
	Note      string

	// Progress is what people have done about it before it closed.
	Progress AttentionProgress `gorm:"-"`
}

// AttentionFilter narrows the matters; what is zero does not.
type AttentionFilter struct {
	Reference booking.Reference
	State     AttentionState
	Kind      AttentionKind
	Held      AttentionHeld
	// Oldest lists the oldest first.
	Oldest bool
	After  uint64 // the last matter of the page before
	Limit  int
}

// AttentionHeld narrows open matters by who has taken them: at most one of its fields is set.
type AttentionHeld struct {
	By     *access.Actor // the person of an actor (access.Actor.Is)
	Name   string        // as a list shows it
	Nobody bool
}

// column is the column of attention_items that has the value; empty without a filter.
func (h AttentionHeld) column() (column, value string) {
	switch {
	case h.By != nil:
		return "holder", db.Truncate(h.By.Holder(), 220)
	case h.Name != "":
		return "taken_by", h.Name
	case h.Nobody:
		return "holder", ""
	}
	return "", ""
}

// AttentionState narrows matters to those that are open or closed.
type AttentionState string

// The states of a filter; an empty one is AttentionOpen.
const (
	AttentionOpen    AttentionState = "open"
	AttentionSettled AttentionState = "closed"
	AttentionAll     AttentionState = "all"
)

// AttentionItem reads a matter, or ErrNotFound.
func (s *Store) AttentionItem(ctx context.Context, id uint64) (AttentionItem, error) {
	var item AttentionItem
	conn := s.db.WithContext(ctx)
	err := attentionItems(conn, "").Where("a.id = ?", id).Take(&item).Error
	if err != nil {
		return AttentionItem{}, db.NotFound(err)
	}
	one := []AttentionItem{item}
	err = addProgress(conn, one)
	return one[0], err
}

// AttentionItems lists matters, the newest first unless the filter says otherwise.
func (s *Store) AttentionItems(ctx context.Context, f AttentionFilter) ([]AttentionItem, error) {
	conn := s.db.WithContext(ctx)
	states := []AttentionState{f.State}
	if f.State == AttentionAll && f.Kind != "" && f.Reference == "" { // the index on kinds is in the order of states
		states = []AttentionState{AttentionOpen, AttentionSettled}
	}
	reads := make([]*gorm.DB, len(states))
	for i, state := range states {
		reads[i] = f.read(conn, state)
	}
	var items []AttentionItem
	order := "id DESC"
	if f.Oldest {
		order = "id"
	}
	if err := db.Merge(conn, order, f.Limit, reads).Scan(&items).Error; err != nil {
		return nil, err
	}
	return items, addProgress(conn, items)
}

// attentionItems begins a read, through an index that is named or any.
func attentionItems(conn *gorm.DB, index string) *gorm.DB {
	table := "attention_items a"
	if index != "" {
		table += " FORCE INDEX (" + index + ")"
	}
	return conn.Table(table).Joins("LEFT JOIN bookings b ON b.id = a.booking_id").
		Select("a.id, COALESCE(b.reference, '') AS reference, a.kind, a.subject, a.text, a.opened_at, a.closed_at, a.closed_by, a.note")
}

// index names the index that has the filter's matters in the order of their ids. A booking has few, whichever index finds them.
func (f AttentionFilter) index(state AttentionState) string {
	held, _ := f.Held.column()
	switch {
	case f.Reference != "":
		return ""
	case held != "" && (!f.Held.Nobody || f.Kind == ""): // nobody takes many
		return "idx_attention_" + held
	case f.Kind != "":
		return "idx_attention_kind"
	case state == AttentionAll:
		return "PRIMARY"
	}
	return "idx_attention_list"
}

func (f AttentionFilter) read(conn *gorm.DB, state AttentionState) *gorm.DB {
	query := attentionItems(conn, f.index(state))
	if f.Reference != "" {
		query = query.Where("b.reference = ?", f.Reference)
	}
	switch state {
	case AttentionSettled:
		query = query.Where("a.is_open IS NULL")
	case AttentionAll:
	default:
		query = query.Where("a.is_open = 1")
	}
	if column, value := f.Held.column(); column != "" {
		query = query.Where("a."+column+" = ?", value)
	}
	if f.Kind != "" {
		query = query.Where("a.kind = ?", f.Kind)
	}
	switch {
	case f.After == 0:
	case f.Oldest:
		query = query.Where("a.id > ?", f.After)
	default:
		query = query.Where("a.id < ?", f.After)
	}
	return query
}

// OpenAttention counts the matters that wait for an operator.
func (s *Store) OpenAttention(ctx context.Context) (open int64, err error) {
	err = s.db.WithContext(ctx).Model(&attentionRow{}).Where("is_open = 1").Count(&open).Error
	return open, err
}

// AttentionClosedError says that a matter is closed already.
type AttentionClosedError struct {
	ID uint64
	At time.Time
}

func (e *AttentionClosedError) Error() string {
	return fmt.Sprintf("matter %d was closed already, on %s", e.ID, e.At.UTC().Format(time.RFC3339))
}

// CloseAttention records that an operator has dealt with a matter. Closing it again with the same note changes nothing; otherwise it
// returns *AttentionClosedError, or ErrNotFound.
func (s *Store) CloseAttention(ctx context.Context, id uint64, note string, by access.Actor, now time.Time) error {
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		row, b, err := s.lockMatter(tx, id, now)
		if err != nil {
			return err
		}
		if b != nil {
			if err := b.keepEarlierAttention(); err != nil {
				return err
			}
		}
		if row.ClosedBy != "" && row.Note == db.Truncate(note, 500) {
			return nil
		}
		if row.ClosedAt != nil {
			return &AttentionClosedError{id, *row.ClosedAt}
		}
		row.ClosedAt, row.ClosedBy, row.Note = &now, db.Truncate(by.Name, 200), db.Truncate(note, 500)
		if err := db.Save(tx, &row, "closed_at", "closed_by", "note"); err != nil {
			return err
		}
		if b != nil {
			if err := b.showAttention(); err != nil {
				return err
			}
		}
		return audit(tx, now, AuditEntry{
			Actor: by, Action: ActionAttentionClose, Subject: fmt.Sprintf("attention/%d", id), BookingID: row.BookingID,
			Detail: string(row.Kind) + " " + row.Subject,
		})
	})
}

// lockMatter locks a matter, and its booking before it, as whoever records does. b is nil for a matter without a booking. Error:
// ErrNotFound.
func (s *Store) lockMatter(tx *gorm.DB, id uint64, now time.Time) (row attentionRow, b *lockedBooking, err error) {
	if err := tx.Where("id = ?", id).Take(&row).Error; err != nil {
		return row, nil, db.NotFound(err)
	}
	if row.BookingID != nil {
		b = s.newLockedBooking(tx, now)
		if err := tx.Clauses(db.ForUpdate).Where("id = ?", *row.BookingID).Take(&b.booking).Error; err != nil {
			return row, nil, err
		}
	}
	err = tx.Clauses(db.ForUpdate).Where("id = ?", id).Take(&row).Error
	return row, b, err
}
