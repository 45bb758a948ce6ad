package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/store/internal/db"
)

// Action is what was asked for.
type Action string

// What the audit log keeps.
const (
	ActionBookingCancel  Action = "booking.cancel"
	ActionBookingCapture Action = "booking.capture"
	ActionBookingImport  Action = "booking.import"
	ActionPaymentLink    Action = "booking.payment-link"
	ActionPaymentCreate  Action = "payment.create"
	ActionRefundCreate   Action = "refund.create"
	ActionRefundAbandon  Action = "refund.abandon"
	ActionPropose        Action = "proposal.create"
	ActionProposalSend   Action = "proposal.send"
	ActionProposalDrop   Action = "proposal.decline"
	ActionProposalTake   Action = "proposal.withdraw"
	ActionEvidenceSave   Action = "dispute.save-evidence"
	ActionEvidenceAdd    Action = "dispute.add-evidence-file"
	ActionEvidenceDrop   Action = "dispute.remove-evidence-file"
	ActionEvidenceSubmit Action = "dispute.submit-evidence"
	ActionReconcile      Action = "reconciliation.start"
	ActionPlanApply      Action = "reconciliation.apply-plan"
	ActionItemResolve    Action = "reconciliation.resolve-item"
	ActionItemReopen     Action = "reconciliation.reopen-item"
	ActionItemPost       Action = "reconciliation.post-item"
	ActionOpening        Action = "ledger.open"
	ActionCloseProposed  Action = "ledger.propose-close"
	ActionClose          Action = "ledger.close"
	ActionReopenProposed Action = "ledger.propose-reopen"
	ActionReopen         Action = "ledger.reopen"
	ActionCompare        Action = "ledger.compare"         // with Stripe's report of a month: nothing differs
	ActionCompareDiffers Action = "ledger.compare-differs" // the same: something does
	ActionPostProposed   Action = "ledger.propose-journal"
	ActionPost           Action = "ledger.post-journal"
	ActionAttentionClose Action = "attention.close"
	ActionAttentionTake  Action = "attention.take"
	ActionAttentionGive  Action = "attention.give-back"
	ActionAttentionNote  Action = "attention.comment"
	ActionEventRetry     Action = "event.retry"
	ActionEventIgnore    Action = "event.ignore"
	ActionEventScrub     Action = "event.scrub"
	ActionEmailResend    Action = "email.resend"
	ActionEmailRelease   Action = "email.release"
	ActionEmailDrop      Action = "email.drop"
	ActionSchedulePause  Action = "schedule.pause"
	ActionScheduleResume Action = "schedule.resume"
	ActionScheduleStart  Action = "schedule.trigger"
	ActionFenceRaise     Action = "fence.raise"
	ActionFenceLower     Action = "fence.lower"
	ActionRebuildPlan    Action = "rebuild.plan"
	ActionRebuildApply   Action = "rebuild.apply"
	ActionBookingRebuild Action = "booking.rebuild"
	ActionClientCreate   Action = "client.create"
	ActionClientDisable  Action = "client.disable"
	ActionClientEnable   Action = "client.enable"
	ActionClientMerge    Action = "client.merge"
	ActionReturnURLAdd   Action = "client.return-url-add"
	ActionReturnURLDrop  Action = "client.return-url-remove"
	ActionKeyCreate      Action = "api-key.create"
	ActionKeyRotate      Action = "api-key.rotate"
	ActionKeyRevoke      Action = "api-key.revoke"
	ActionSignIn         Action = "console.sign-in"
	ActionViewSave       Action = "view.save"
	ActionViewRemove     Action = "view.remove"
	ActionErase          Action = "privacy.erase"
	ActionPersonalExport Action = "privacy.export"

	ActionEndpointCreate  Action = "webhook-endpoint.create"
	ActionEndpointUpdate  Action = "webhook-endpoint.update"
	ActionEndpointDisable Action = "webhook-endpoint.disable"
	ActionEndpointEnable  Action = "webhook-endpoint.enable"
	ActionEndpointRemove  Action = "webhook-endpoint.remove"
	ActionEndpointRotate  Action = "webhook-endpoint.rotate-secret"
	ActionEndpointTest    Action = "webhook-endpoint.test"
	ActionEndpointReplay  Action = "webhook-endpoint.replay"
)

// AuditEntry is one line of the audit log: who asked for what. It is written with what it tells of, in one transaction, or
// before it, so that nothing is done that the log does not know. What came of it is said by the subject itself.
type AuditEntry struct {
	Actor   access.Actor
	Action  Action
	Subject string // a booking's reference, a refund's id, a run's, an event's, a key's
	// BookingID is the row of the booking that it is about; nil where it is about none.
	BookingID *uint64
	// Detail has amounts, states and ids, and never a name, an address or a note.
	Detail string
	// DedupeKey makes the repetition of a request after a crash one line; empty where each is a line.
	DedupeKey string

	// What follows is read and never given.
	ID uint64
	At time.Time
}

type auditRow struct {
	ID            uint64
	At            time.Time
	Actor         string
	ClientID      *uint64
	APIKeyID      *uint64 `gorm:"column:api_key_id"`
	Action        string
	Subject       string
	BookingID     *uint64
	CorrelationID string
	Detail        string
	DedupeKey     *string
}

func (auditRow) TableName() string { return "audit_log" }

// audit writes an entry within a transaction.
func audit(tx *gorm.DB, now time.Time, e AuditEntry) error {
	row := auditRow{
		At: now, Actor: db.Truncate(e.Actor.Name, 200), ClientID: db.IDOrNil(e.Actor.ClientID), APIKeyID: db.IDOrNil(e.Actor.KeyID),
		Action:  string(e.Action),
		Subject: e.Subject, BookingID: e.BookingID, CorrelationID: e.Actor.CorrelationID, Detail: db.Truncate(e.Detail, 500),
		DedupeKey: db.OrNil(e.DedupeKey),
	}
	err := tx.Create(&row).Error
	if e.DedupeKey != "" { // INSERT alone: the application's user may not UPDATE here, which ON DUPLICATE KEY would need
		_, err = db.Exists(err, tx.Model(&auditRow{}).Where("dedupe_key = ?", row.DedupeKey), "actor")
	}
	return err
}

// AuditIn writes an entry within a transaction, for the packages of store/ that stand above the books.
func AuditIn(tx *gorm.DB, now time.Time, e AuditEntry) error { return audit(tx, now, e) }

// Audit writes an entry about what is done elsewhere: by a workflow, after this.
func (s *Store) Audit(ctx context.Context, e AuditEntry) error {
	return audit(s.db.WithContext(ctx), s.Now(), e)
}

// AuditFilter narrows the audit log; what is zero does not.
type AuditFilter struct {
	BookingID uint64
	ClientID  uint64
	Subject   string
	Times
	Before uint64 // entries with a lower id
	Limit  int
}

// auditTimes are the times of the entries.
var auditTimes = timedTable{"audit_log", "audit_log", "at"}

// AuditLog lists entries, the newest first.
func (s *Store) AuditLog(ctx context.Context, f AuditFilter) ([]AuditEntry, error) {
	conn := s.db.WithContext(ctx)
	page, err := auditTimes.page(conn, f.Times, f.Before, f.Limit)
	if err != nil {
		return nil, err
	}
	query := conn.Table("audit_log FORCE INDEX (" + f.index() + ")").Scopes(page)
	for column, id := range map[string]uint64{"booking_id": f.BookingID, "client_id": f.ClientID} {
		if id != 0 {
			query = query.Where(column+" = ?", id)
		}
	}
	if f.Subject != "" {
		query = query.Where("subject = ?", f.Subject)
	}
	var rows []auditRow
	err = query.Find(&rows).Error
	entries := make([]AuditEntry, 0, len(rows))
	for _, row := range rows {
		entries = append(entries, row.domain())
	}
	return entries, err
}

// index names the index that has the filter's entries in the order of their ids.
func (f AuditFilter) index() string {
	switch {
	case f.BookingID != 0:
		return "idx_audit_booking"
	case f.Subject != "":
		return "idx_audit_subject"
	case f.ClientID != 0:
		return "idx_audit_client"
	}
	return "PRIMARY"
}

func (r auditRow) domain() AuditEntry {
	return AuditEntry{
		Actor:  access.Actor{ClientID: db.IDOrZero(r.ClientID), KeyID: db.IDOrZero(r.APIKeyID), Name: r.Actor, CorrelationID: r.CorrelationID},
		Action: Action(r.Action), Subject: r.Subject, BookingID: r.BookingID, Detail: r.Detail, DedupeKey: db.OrEmpty(r.DedupeKey), ID: r.ID,
		At: r.At,
	}
}
