package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/store/internal/db"
)

// MaxAttentionSteps is how often one matter can be taken, given back and commented on: a page of matters reads a bounded number of rows.
const MaxAttentionSteps = 200

// MaxComment is the length of a comment, in characters, that its column holds.
const MaxComment = 500

// AttentionStepKind is what somebody did about a matter.
type AttentionStepKind string

// The kinds of steps.
const (
	AttentionTaken     AttentionStepKind = "take"
	AttentionGivenBack AttentionStepKind = "give-back"
	AttentionComment   AttentionStepKind = "comment"
)

// attentionActions are the actions of the audit log for steps.
var attentionActions = map[AttentionStepKind]Action{
	AttentionTaken: ActionAttentionTake, AttentionGivenBack: ActionAttentionGive, AttentionComment: ActionAttentionNote,
}

// AttentionStep is what somebody did about a matter before it was decided. Steps are only added.
type AttentionStep struct {
	Matter uint64
	Kind   AttentionStepKind
	Text   string // of a comment
	At     time.Time
	By     access.Actor
}

// AttentionProgress is who has a matter, and how often it was commented on.
type AttentionProgress struct {
	// Holder is who has taken the matter; its name is empty while nobody has it.
	Holder   access.Actor
	TakenAt  time.Time
	Comments int
}

// NewAttentionStep is a step to add.
type NewAttentionStep struct {
	Matter uint64
	Kind   AttentionStepKind
	// Code is chosen by the request (access.NewStepCode): a repetition with the same code changes nothing.
	Code string
	Text string // of a comment
	// Over takes a matter that somebody else has.
	Over bool
	By   access.Actor
}

type attentionStepRow struct {
	ID       uint64
	Code     string
	ItemID   uint64
	Kind     AttentionStepKind
	Text     string
	At       time.Time
	Actor    string
	ClientID *uint64
	APIKeyID *uint64 `gorm:"column:api_key_id"`
}

func (attentionStepRow) TableName() string { return "attention_steps" }

func (r attentionStepRow) by() access.Actor {
	return access.Actor{ClientID: db.IDOrZero(r.ClientID), KeyID: db.IDOrZero(r.APIKeyID), Name: r.Actor}
}

func (r attentionStepRow) domain() AttentionStep {
	return AttentionStep{Matter: r.ItemID, Kind: r.Kind, Text: r.Text, At: r.At, By: r.by()}
}

// AttentionTakenError says that somebody else has a matter.
type AttentionTakenError struct {
	ID uint64
	By string
	At time.Time
}

func (e *AttentionTakenError) Error() string {
	return fmt.Sprintf("%s has had matter %d since %s", e.By, e.ID, e.At.UTC().Format(time.RFC3339))
}

// AttentionStepsError says that a matter has as many steps as one can have.
type AttentionStepsError struct{ ID uint64 }

func (e *AttentionStepsError) Error() string {
	return fmt.Sprintf("matter %d was taken, given back and commented on %d times already: close it with a note", e.ID, MaxAttentionSteps)
}

// AddAttentionStep takes a matter for an operator, gives it back, or comments on it, in one transaction with its audit entry. It changes
// nothing when the code was used before, when whoever takes the matter has it, and when whoever gives it back does not have it and nobody
// else does. A closed matter is commented on, and not taken. Errors: ErrNotFound, *AttentionClosedError, *AttentionTakenError without
// Over, *AttentionStepsError.
func (s *Store) AddAttentionStep(ctx context.Context, in NewAttentionStep) error {
	now := s.Now()
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		var matter attentionRow // its booking is not locked: a step changes nothing of it
		if err := tx.Clauses(db.ForUpdate).Where("id = ?", in.Matter).Take(&matter).Error; err != nil {
			return db.NotFound(err)
		}
		var known []attentionStepRow
		err := tx.Where("item_id = ?", in.Matter).Order("id").Limit(MaxAttentionSteps).Find(&known).Error
		if err != nil || slices.ContainsFunc(known, func(step attentionStepRow) bool { return step.Code == in.Code }) {
			return err
		}
		needed, err := in.needed(matter, known)
		if err != nil || !needed {
			return err
		}
		err = tx.Create(&attentionStepRow{
			Code: in.Code, ItemID: in.Matter, Kind: in.Kind, Text: db.Truncate(in.Text, MaxComment), At: now,
			Actor: db.Truncate(in.By.Name, 200), ClientID: db.IDOrNil(in.By.ClientID), APIKeyID: db.IDOrNil(in.By.KeyID),
		}).Error
		if err != nil {
			return err
		}
		if err := in.moveHolder(tx, &matter); err != nil {
			return err
		}
		return audit(tx, now, AuditEntry{
			Actor: in.By, Action: attentionActions[in.Kind], Subject: fmt.Sprintf("attention/%d", in.Matter), BookingID: matter.BookingID,
			Detail: string(matter.Kind) + " " + matter.Subject,
		})
	})
}

// moveHolder writes to the matter who has it after the step.
func (in NewAttentionStep) moveHolder(tx *gorm.DB, matter *attentionRow) error {
	switch in.Kind {
	case AttentionTaken:
		matter.TakenBy, matter.Holder = db.Truncate(in.By.Name, 200), db.Truncate(in.By.Holder(), 220)
	case AttentionGivenBack:
		matter.TakenBy, matter.Holder = "", ""
	case AttentionComment:
		return nil
	}
	return db.Save(tx, matter, "taken_by", "holder")
}

// needed reports whether the step changes anything after those that are known, or why it is not possible.
func (in NewAttentionStep) needed(matter attentionRow, known []attentionStepRow) (bool, error) {
	holder := holderOf(known)
	mine := holder != nil && holder.by().Is(in.By)
	switch {
	case in.Kind != AttentionComment && matter.ClosedAt != nil:
		return false, &AttentionClosedError{matter.ID, *matter.ClosedAt}
	case in.Kind == AttentionTaken && mine, in.Kind == AttentionGivenBack && holder == nil:
		return false, nil
	case in.Kind == AttentionTaken && holder != nil && !in.Over, in.Kind == AttentionGivenBack && !mine:
		return false, &AttentionTakenError{matter.ID, holder.Actor, holder.At}
	case len(known) == MaxAttentionSteps:
		return false, &AttentionStepsError{matter.ID}
	}
	return true, nil
}

// holderOf is the step by which somebody has the matter; nil while nobody has it.
func holderOf(steps []attentionStepRow) *attentionStepRow {
	for i := len(steps) - 1; i >= 0; i-- {
		switch steps[i].Kind {
		case AttentionTaken:
			return &steps[i]
		case AttentionGivenBack:
			return nil
		case AttentionComment:
		}
	}
	return nil
}

// AttentionSteps lists the steps of a matter, the oldest first; none for an unknown one.
func (s *Store) AttentionSteps(ctx context.Context, matter uint64) ([]AttentionStep, error) {
	return attentionSteps(s.db.WithContext(ctx), []uint64{matter}, MaxAttentionSteps)
}

func attentionSteps(conn *gorm.DB, matters []uint64, most int) ([]AttentionStep, error) {
	if len(matters) == 0 {
		return nil, nil
	}
	var rows []attentionStepRow
	err := conn.Where("item_id IN ?", matters).Order("id").Limit(most).Find(&rows).Error
	steps := make([]AttentionStep, len(rows))
	for i, row := range rows {
		steps[i] = row.domain()
	}
	return steps, err
}

// progressOf reads the progress of matters by idx_attention_steps_item: the comments of each, and its last take or give-back.
const progressOf = `SELECT p.item_id, p.comments, COALESCE(h.kind, '') AS kind, COALESCE(h.actor, '') AS actor, h.at, h.client_id, h.api_key_id
	FROM (SELECT item_id, COUNT(IF(kind = 'comment', 1, NULL)) AS comments, MAX(IF(kind = 'comment', NULL, id)) AS held
		FROM attention_steps FORCE INDEX (idx_attention_steps_item) WHERE item_id IN ? GROUP BY item_id) p
	LEFT JOIN attention_steps h ON h.id = p.held`

// addProgress adds to matters who has each, and how many comments it has.
func addProgress(conn *gorm.DB, items []AttentionItem) error {
	if len(items) == 0 {
		return nil
	}
	ids := make([]uint64, len(items))
	at := map[uint64]int{}
	for i, item := range items {
		ids[i], at[item.ID] = item.ID, i
	}
	var rows []struct {
		ItemID   uint64
		Comments int
		Kind     AttentionStepKind
		Actor    string
		At       *time.Time
		ClientID *uint64
		APIKeyID *uint64 `gorm:"column:api_key_id"`
	}
	err := conn.Raw(progressOf, ids).Scan(&rows).Error
	for _, row := range rows {
		progress := AttentionProgress{Comments: row.Comments}
		if row.Kind == AttentionTaken && row.At != nil {
			held := attentionStepRow{Actor: row.Actor, ClientID: row.ClientID, APIKeyID: row.APIKeyID}
			progress.Holder, progress.TakenAt = held.by(), *row.At
		}
		items[at[row.ItemID]].Progress = progress
	}
	return err
}
