package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/store/internal/db"
)

// MaxSavedViews is how many views one caller can keep for one list.
const MaxSavedViews = 50

// SavedView is the filters of a list that a caller has saved under a name.
type SavedView struct {
	ID        uint64
	List      string
	Name      string
	Query     string
	SavedAt   time.Time
	RemovedAt *time.Time
}

// ViewsOwner is whose a view is, as a digest: the table names nobody.
type ViewsOwner [sha256.Size]byte

// OwnerOfViews is the owner for an identity, such as a client's code or the id of somebody's key.
func OwnerOfViews(identity string) ViewsOwner { return sha256.Sum256([]byte(identity)) }

type savedViewRow struct {
	ID        uint64
	Owner     []byte
	List      string
	Name      string
	Query     string
	SavedAt   time.Time
	RemovedAt *time.Time
}

func (savedViewRow) TableName() string { return "saved_views" }

func (r savedViewRow) domain() SavedView {
	return SavedView{ID: r.ID, List: r.List, Name: r.Name, Query: r.Query, SavedAt: r.SavedAt, RemovedAt: r.RemovedAt}
}

// TooManyViewsError says that a list has as many views as one caller can keep.
type TooManyViewsError struct{ List string }

func (e *TooManyViewsError) Error() string {
	return fmt.Sprintf("%d views of %s are saved: remove one first", MaxSavedViews, e.List)
}

// SavedViews lists what an owner keeps for a list, by name.
func (s *Store) SavedViews(ctx context.Context, owner ViewsOwner, list string) ([]SavedView, error) {
	var rows []savedViewRow
	err := s.db.WithContext(ctx).Where("owner = ? AND list = ? AND is_kept = 1", owner[:], list).Order("name").Limit(MaxSavedViews).
		Find(&rows).Error
	views := make([]SavedView, 0, len(rows))
	for _, row := range rows {
		views = append(views, row.domain())
	}
	return views, err
}

// SaveView keeps the filters of a list under a name, and replaces those of a view of the same name: UNIQUE owner, list and name make a
// repetition harmless. Error: *TooManyViewsError.
func (s *Store) SaveView(ctx context.Context, owner ViewsOwner, view SavedView, by access.Actor) (SavedView, error) {
	now := s.Now()
	var row savedViewRow
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		var kept []savedViewRow
		err := tx.Clauses(db.ForUpdate).Where("owner = ? AND list = ? AND is_kept = 1", owner[:], view.List).Order("name").
			Limit(MaxSavedViews).Find(&kept).Error
		if err != nil {
			return err
		}
		row = savedViewRow{Owner: owner[:], List: view.List, Name: view.Name, Query: view.Query, SavedAt: now}
		at := slices.IndexFunc(kept, func(one savedViewRow) bool { return one.Name == view.Name })
		switch {
		case at >= 0 && kept[at].Query == view.Query:
			row = kept[at]
			return nil
		case at >= 0:
			row.ID = kept[at].ID
			err = db.Save(tx, &row, "query", "saved_at")
		case len(kept) == MaxSavedViews:
			return &TooManyViewsError{view.List}
		default:
			err = tx.Create(&row).Error
		}
		if err != nil {
			return err
		}
		return auditView(tx, now, ActionViewSave, row.ID, by)
	})
	return row.domain(), err
}

// RemoveView removes a view of an owner and keeps its row. A repetition changes nothing. Error: ErrNotFound, also for a view of another
// owner.
func (s *Store) RemoveView(ctx context.Context, owner ViewsOwner, id uint64, by access.Actor) (SavedView, error) {
	now := s.Now()
	var row savedViewRow
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		err := tx.Clauses(db.ForUpdate).Where("id = ? AND owner = ?", id, owner[:]).Take(&row).Error
		if err != nil || row.RemovedAt != nil {
			return db.NotFound(err)
		}
		row.RemovedAt = &now
		if err := db.Save(tx, &row, "removed_at"); err != nil {
			return err
		}
		return auditView(tx, now, ActionViewRemove, row.ID, by)
	})
	return row.domain(), err
}

func auditView(tx *gorm.DB, now time.Time, action Action, id uint64, by access.Actor) error {
	return audit(tx, now, AuditEntry{Actor: by, Action: action, Subject: fmt.Sprintf("view/%d", id)})
}
