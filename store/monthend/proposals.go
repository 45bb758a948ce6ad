package monthend

import (
	"context"
	"encoding/json"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/ledger/closing"
	"farebook/ledger/seal"
	"farebook/store"
	"farebook/store/internal/db"
)

// Kind is what is proposed.
type Kind string

// The kinds.
const (
	KindClose   Kind = "close"
	KindReopen  Kind = "reopen"
	KindJournal Kind = "journal"
)

// The ends of a proposal.
const (
	approved = "approved"
	replaced = "replaced" // by a later proposal about the same subject
)

// Proposal is what one operator has proposed and another one has to approve.
type Proposal struct {
	ID      uint64
	Kind    Kind
	Subject string // the month, or the operation key of the journal
	Digest  seal.Digest
	Content Content
	By      access.Actor
	At      time.Time
}

// Content is what a proposal is about, beside its subject.
type Content struct {
	Reason  string         `json:"reason,omitempty"`
	Notes   []closing.Note `json:"notes,omitempty"`
	Journal *Journal       `json:"journal,omitempty"`
}

type proposalRow struct {
	ID               uint64
	Kind             Kind
	Subject          string
	Digest           []byte
	Content          string
	ProposedAt       time.Time
	ProposedBy       string
	ProposedClientID *uint64
	ProposedKeyID    *uint64
}

func (proposalRow) TableName() string { return "ledger_proposals" }

func (r proposalRow) domain() (Proposal, error) {
	p := Proposal{
		ID: r.ID, Kind: r.Kind, Subject: r.Subject, At: r.ProposedAt,
		By: access.Actor{Name: r.ProposedBy, ClientID: db.IDOrZero(r.ProposedClientID), KeyID: db.IDOrZero(r.ProposedKeyID)},
	}
	copy(p.Digest[:], r.Digest)
	return p, json.Unmarshal([]byte(r.Content), &p.Content)
}

// proposed are the actions of the audit log by which a proposal is written down.
var proposed = map[Kind]store.Action{
	KindClose: store.ActionCloseProposed, KindReopen: store.ActionReopenProposed, KindJournal: store.ActionPostProposed,
}

// propose keeps and audits a proposal; detail is for the audit log. The same one again is harmless; another one about the same subject
// replaces it. Two at once meet the UNIQUE key of open proposals.
func propose(tx *gorm.DB, p Proposal, detail string, now time.Time) (Proposal, error) {
	open, found, err := openProposal(tx.Clauses(db.ForUpdate), p.Kind, p.Subject)
	switch {
	case err != nil:
		return Proposal{}, err
	case found && open.Digest == p.Digest:
		return open, nil
	case found:
		if err := decide(tx, open, replaced, p.By, now); err != nil {
			return Proposal{}, err
		}
	}
	content, err := json.Marshal(p.Content)
	if err != nil {
		return Proposal{}, err
	}
	row := proposalRow{
		Kind: p.Kind, Subject: p.Subject, Digest: p.Digest[:], Content: string(content), ProposedAt: now,
		ProposedBy: db.Truncate(p.By.Name, maxActor), ProposedClientID: db.IDOrNil(p.By.ClientID), ProposedKeyID: db.IDOrNil(p.By.KeyID),
	}
	if err := tx.Create(&row).Error; err != nil {
		return Proposal{}, err
	}
	p.ID, p.At = row.ID, now
	return p, store.AuditIn(tx, now, store.AuditEntry{Actor: p.By, Action: proposed[p.Kind], Subject: p.Subject, Detail: detail})
}

func decide(tx *gorm.DB, p Proposal, decision string, by access.Actor, now time.Time) error {
	return tx.Model(&proposalRow{}).Where("id = ? AND decision IS NULL", p.ID).
		Updates(map[string]any{"decision": decision, "decided_at": now, "decided_by": db.Truncate(by.Name, maxActor)}).Error
}

// openProposal reads the open proposal about a subject, and reports whether there is one.
func openProposal(conn *gorm.DB, kind Kind, subject string) (Proposal, bool, error) {
	var row proposalRow
	found := conn.Where("kind = ? AND subject = ? AND is_open = 1", kind, subject).Limit(1).Find(&row)
	if found.Error != nil || found.RowsAffected == 0 {
		return Proposal{}, false, found.Error
	}
	p, err := row.domain()
	return p, err == nil, err
}

// Open lists the open proposals, the oldest first.
func (m *Months) Open(ctx context.Context, limit int) ([]Proposal, error) {
	var rows []proposalRow
	if err := m.db.WithContext(ctx).Where("is_open = 1").Order("id").Limit(limit).Find(&rows).Error; err != nil {
		return nil, err
	}
	all := make([]Proposal, len(rows))
	for i, row := range rows {
		var err error
		if all[i], err = row.domain(); err != nil {
			return nil, err
		}
	}
	return all, nil
}
