package proof

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/ledger/seal"
)

// What a proof reads.
const (
	scopeWhole   = "whole"
	scopeChanges = "changes"
)

type proofRow struct {
	ID             uint64
	Scope          string
	BaselineID     *uint64
	PromisesSha256 []byte
	StartedAt      time.Time
	FinishedAt     *time.Time
	Held           *bool
	LedgerID       uint64
	EntryID        uint64
	EmailID        uint64
	KeyID          uint64
	SealNumber     uint64
	SealDigest     []byte
	SealSums       seal.Sums `gorm:"serializer:json"`
}

func (proofRow) TableName() string { return "proofs" }

type partRow struct {
	ProofID  uint64    `gorm:"primaryKey;autoIncrement:false"`
	Subject  subject   `gorm:"primaryKey"`
	ToID     uint64    // the last id when the proof started
	DoneTo   uint64    // the id up to which it was read
	Findings []finding `gorm:"serializer:json"`
	Sums     seal.Sums `gorm:"serializer:json"`
}

func (partRow) TableName() string { return "proof_parts" }

// finish records the result of a proof. A proof that is finished stays as it is.
func (p *Prover) finish(ctx context.Context, run proofRow, held bool) error {
	return p.db.WithContext(ctx).Model(&proofRow{}).Where("id = ? AND finished_at IS NULL", run.ID).
		Updates(map[string]any{"finished_at": p.db.Now(), "held": held}).Error
}

// errOvertaken says that another process has read the range meanwhile, which the lock of the proof prevents.
var errOvertaken = errors.New("another process continues the same proof")

// record writes how far a part was read, together with what was found up to there. from is how far it was read before: a range counts once.
func (p *Prover) record(ctx context.Context, part partRow, from uint64) error {
	recorded := p.db.WithContext(ctx).Model(&partRow{}).
		Where("proof_id = ? AND subject = ? AND done_to = ?", part.ProofID, part.Subject, from).
		Select("done_to", "findings", "sums").Updates(&part)
	if recorded.Error == nil && recorded.RowsAffected == 0 {
		return errOvertaken
	}
	return recorded.Error
}

// newest reads the newest proof that meets a condition, and reports whether there is one.
func newest(query *gorm.DB) (proofRow, bool, error) {
	var row proofRow
	found := query.Order("id DESC").Limit(1).Find(&row)
	return row, found.RowsAffected > 0, found.Error
}

// parts reads how far a proof's tables were read.
func (p *Prover) parts(ctx context.Context, proofID uint64) (parts []partRow, err error) {
	err = p.db.WithContext(ctx).Where("proof_id = ?", proofID).Order("subject").Find(&parts).Error
	return parts, err
}

// maxFindings bounds the findings of a part: those after it are added to the last one of their promise.
const maxFindings = 200

// add adds what was found in a range.
func (r *partRow) add(found finding) {
	if len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, found)
		return
	}
	for i := len(r.Findings) - 1; i >= 0; i-- {
		if last := &r.Findings[i]; last.Promise == found.Promise {
			last.Rows, last.To = last.Rows+found.Rows, found.To
			return
		}
	}
	r.Findings = append(r.Findings, found)
}
