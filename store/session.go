package store

import (
	"context"
	"crypto/sha256"
	"time"

	"gorm.io/gorm/clause"
)

// sessionRow is a session of the console. Like an API key's, its token is kept as a hash only.
type sessionRow struct {
	ID          uint64
	TokenSha256 []byte
	Content     []byte
	ExpiresAt   time.Time
}

func (sessionRow) TableName() string { return "console_sessions" }

// endedAtOnce is how many expired sessions one sign-in removes. Each sign-in adds one, so that they do not pile up.
const endedAtOnce = 100

// Session reads the content of a session of the console that has not expired.
func (s *Store) Session(ctx context.Context, token string) (content []byte, found bool, err error) {
	hash := sha256.Sum256([]byte(token))
	var rows []sessionRow
	err = s.db.WithContext(ctx).Where("token_sha256 = ? AND expires_at > ?", hash[:], s.Now()).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	return rows[0].Content, true, nil
}

// KeepSession writes the content of a session and when it expires. A repetition writes the same.
func (s *Store) KeepSession(ctx context.Context, token string, content []byte, expires time.Time) error {
	hash := sha256.Sum256([]byte(token))
	row := sessionRow{TokenSha256: hash[:], Content: content, ExpiresAt: expires}
	replacing := clause.OnConflict{DoUpdates: clause.AssignmentColumns([]string{"content", "expires_at"})}
	return s.db.WithContext(ctx).Clauses(replacing).Create(&row).Error
}

// EndSession removes a session. One that does not exist is no error.
func (s *Store) EndSession(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	return s.db.WithContext(ctx).Where("token_sha256 = ?", hash[:]).Delete(&sessionRow{}).Error
}

// EndExpiredSessions removes some sessions that have expired, the oldest first.
func (s *Store) EndExpiredSessions(ctx context.Context) error {
	return s.db.WithContext(ctx).Exec("DELETE FROM console_sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT ?", s.Now(),
		endedAtOnce).Error
}
