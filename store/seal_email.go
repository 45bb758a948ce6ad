package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/notice"
)

// sealEmails is the owner of the emails with a signed seal; the UTC date is the occasion, so that the key of the email of
// 26 November is seal/2026-11-26.
const (
	sealEmails   = "seal"
	sealEmailDay = "2006-01-02"
)

// EmailSeal queues an email to finance with the newest seal and its signed statement, once a UTC day, and reports whether it did. The
// email's UNIQUE key makes a repetition harmless. Nothing is queued before the first seal.
func (s *Store) EmailSeal(ctx context.Context, sign func(statement string) string) (queued bool, err error) {
	now := s.Now()
	day := now.UTC().Format(sealEmailDay)
	var known int64
	err = s.db.WithContext(ctx).Model(&emailRow{}).Where("dedupe_key = ?", sealEmails+"/"+day).Count(&known).Error
	if err != nil || known > 0 {
		return false, err
	}
	last, err := s.LastSeal(ctx)
	if err != nil || last.Number == 0 {
		return false, err
	}
	installation, err := s.Installation(ctx)
	if err != nil {
		return false, err
	}
	content := notice.Content{Seal: &notice.SealContent{
		Number: last.Number, SealedAt: last.SealedAt, Transactions: last.Transactions, FromID: last.FromID, ToID: last.ToID,
		Digest: last.Digest.String(), Statement: sign(last.Statement(installation.ID)),
	}}
	email := outgoingEmail{kind: notice.LedgerSealed, owner: sealEmails, occasion: day, content: &content}
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		queued, err = queue(tx, now, email)
		return err
	})
	return queued, err
}

// emailedSeals is how many emails are read to find the one that covers a seal: that of the seal's day, which may be older than the seal,
// and the next.
const emailedSeals = 2

// EmailedSeal returns the number of the first seal, from one on, that finance has received by email; 0 if finance has received no such seal
// yet. sealedAt is the time of the seal from.
func (s *Store) EmailedSeal(ctx context.Context, from uint64, sealedAt time.Time) (uint64, error) {
	var rows []emailRow
	err := s.db.WithContext(ctx).Select("dedupe_key, content_json").Where("dedupe_key >= ? AND dedupe_key < ?",
		sealEmails+"/"+sealedAt.UTC().Format(sealEmailDay), sealEmails+"0"). // 0 is the character after the slash
		Where("status = ?", EmailSent).Order("dedupe_key").Limit(emailedSeals).Find(&rows).Error
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		var content notice.Content
		if row.ContentJSON == nil {
			continue
		}
		if err := json.Unmarshal([]byte(*row.ContentJSON), &content); err != nil {
			return 0, fmt.Errorf("read the content of email %s: %w", row.DedupeKey, err)
		}
		if content.Seal != nil && content.Seal.Number >= from {
			return content.Seal.Number, nil
		}
	}
	return 0, nil
}
