package store

import (
	"bytes"
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/store/internal/db"
)

type idempotencyRow struct {
	ID             uint64
	ClientID       *uint64
	APIKeyID       uint64 `gorm:"column:api_key_id"` // the API key that first used it
	IdempotencyKey []byte
	RequestSha256  []byte
	Operation      string
	Resource       string
	BookingID      *uint64 // that the request makes
	AboutBookingID *uint64 // that it is about
	Lease          *string
	LeasedUntil    *time.Time
	AnswerStatus   *int
	AnswerBody     *string
	CreatedAt      time.Time
}

func (idempotencyRow) TableName() string { return "idempotency_keys" }

// IdempotencyKey is a client's key with what it stands for. Keys are kept for ever: a client's key means one request, by
// whichever of its API keys it is sent, and the UNIQUE row (client, key) decides, also among a hundred at once.
type IdempotencyKey struct {
	Caller    Caller
	Key       string
	Operation string // "create-booking", "create-refund", ...
	Hash      [32]byte
	// Lease names the request that is at work; empty to ask without working.
	Lease string
	// Known: whoever asks has seen that the key is in use, so that its row is read before anything is inserted.
	Known bool
}

// Claim is what a key was claimed for.
type Claim struct {
	Resource string // what was made under the key
	// Replayed: the key was known already.
	Replayed bool
	// InProgress: another request is at work under the key and has not answered yet.
	InProgress bool
	// Answer is nil until StoreAnswer; it never has a client secret. It is empty, and not nil, when it was emptied: see Emptied.
	Answer       []byte
	AnswerStatus int
	// UsedAt is when the key was used first; zero for a new key.
	UsedAt time.Time
}

// Emptied reports whether the key was answered, and the answer is not kept any more. The work must not be done again.
func (c Claim) Emptied() bool { return c.Answer != nil && len(c.Answer) == 0 }

// IdempotencyConflictError says that a key was used before with another body.
type IdempotencyConflictError struct{}

func (*IdempotencyConflictError) Error() string {
	return "this Idempotency-Key was used before with another body: send the same body again, or use a new key for a new request"
}

// LeaseTime is how long a request counts as at work without saying so again. One that died is taken over after it.
// Nothing but spared work rests on it: two at work under one key end in the same rows.
const LeaseTime = 3 * time.Second

// created is what the work of a new key has written.
type created struct {
	resource  string
	bookingID *uint64
	about     *uint64 // a booking that exists
}

// claimAttempts bounds how often a claim is repeated that lost a race, for the key or for what the work draws by lot.
const claimAttempts = 3

// claim finds what the key stands for, or does the work and writes the key in one transaction with it.
func (s *Store) claim(ctx context.Context, key IdempotencyKey, now time.Time, work func(tx *gorm.DB) (created, error)) (Claim, error) {
	var lost error
	for range claimAttempts {
		if known, err := s.knownClaim(ctx, key, now); !errors.Is(err, ErrNotFound) {
			return known, err
		}
		var fresh created
		err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
			var err error
			if fresh, err = work(tx); err != nil {
				return err
			}
			return s.insertNewKey(tx, key, fresh, now)
		})
		if err == nil {
			return Claim{Resource: fresh.resource}, nil
		}
		if !isKnown(err) {
			return s.winner(ctx, key, now, err)
		}
		lost = err
	}
	known, err := s.knownClaim(ctx, key, now)
	return known, db.Unread(lost, err)
}

// winner finds what a request under the same key did while this one waited for a lock: then that is the answer, and not the
// refusal that it caused.
func (s *Store) winner(ctx context.Context, key IdempotencyKey, now time.Time, refusal error) (Claim, error) {
	known, err := s.knownClaim(ctx, key, now)
	var conflict *IdempotencyConflictError
	if err == nil || errors.As(err, &conflict) {
		return known, err
	}
	return Claim{}, refusal
}

func newIdempotencyRow(key IdempotencyKey, fresh created, now time.Time) *idempotencyRow {
	row := &idempotencyRow{
		ClientID: db.IDOrNil(key.Caller.ClientID), APIKeyID: key.Caller.KeyID, IdempotencyKey: []byte(key.Key), RequestSha256: key.Hash[:],
		Operation: key.Operation,
		Resource:  fresh.resource, BookingID: fresh.bookingID, AboutBookingID: fresh.about, CreatedAt: now,
	}
	if key.Lease != "" {
		until := now.Add(LeaseTime)
		row.Lease, row.LeasedUntil = &key.Lease, &until
	}
	return row
}

// insertNewKey inserts the row of a key that the client has not used. A row of a client that was merged into it, or one that an older
// release has written without a client, is no duplicate to the server: then it returns errKnown.
func (s *Store) insertNewKey(tx *gorm.DB, key IdempotencyKey, fresh created, now time.Time) error {
	row := newIdempotencyRow(key, fresh, now)
	inserted := tx.Exec(`INSERT INTO idempotency_keys
			(client_id, api_key_id, idempotency_key, request_sha256, operation, resource, booking_id, about_booking_id, lease, leased_until,
			created_at)
		SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM DUAL
		WHERE NOT EXISTS (?)`,
		row.ClientID, row.APIKeyID, row.IdempotencyKey, row.RequestSha256, row.Operation, row.Resource, row.BookingID, row.AboutBookingID,
		row.Lease, row.LeasedUntil, row.CreatedAt, s.under(tx.Statement.Context, key).Select("1"))
	if inserted.Error == nil && inserted.RowsAffected == 0 {
		return errKnown
	}
	return inserted.Error
}

// errKnown says that a row exists already, where the server does not say so.
var errKnown = errors.New("known already")

// isKnown reports whether an INSERT met a row that exists already.
func isKnown(err error) bool { return errors.Is(err, errKnown) || db.DuplicateKey(err) }

// under narrows a query to a client's row of a key.
func (s *Store) under(ctx context.Context, key IdempotencyKey) *gorm.DB {
	return s.db.WithContext(ctx).Model(&idempotencyRow{}).Scopes(key.Caller.owns("idempotency_keys")).Where("idempotency_key = ?",
		[]byte(key.Key))
}

// knownClaim reads what a key stands for: ErrNotFound, *IdempotencyConflictError or the claim. A lease that has run out is
// taken over.
func (s *Store) knownClaim(ctx context.Context, key IdempotencyKey, now time.Time) (Claim, error) {
	var row idempotencyRow
	// While two clients are merged, both may have used the key: the older row counts.
	if err := s.under(ctx, key).Order("id").Limit(1).Take(&row).Error; err != nil {
		return Claim{}, db.NotFound(err)
	}
	if row.Operation != key.Operation || !bytes.Equal(row.RequestSha256, key.Hash[:]) {
		return Claim{}, &IdempotencyConflictError{}
	}
	claim := Claim{Resource: row.Resource, Replayed: true, UsedAt: row.CreatedAt}
	switch {
	case row.AnswerBody != nil:
		claim.Answer, claim.AnswerStatus = []byte(*row.AnswerBody), *row.AnswerStatus
		return claim, nil
	case key.Lease == "", row.Lease != nil && *row.Lease == key.Lease:
		return claim, nil
	case row.LeasedUntil != nil && row.LeasedUntil.After(now):
		claim.InProgress = true
		return claim, nil
	}
	taken := s.db.WithContext(ctx).Model(&idempotencyRow{}).
		Where("id = ? AND answer_body IS NULL AND (leased_until IS NULL OR leased_until <= ?)", row.ID, now).
		Updates(map[string]any{"lease": key.Lease, "leased_until": now.Add(LeaseTime)})
	claim.InProgress = taken.RowsAffected == 0 // somebody was faster
	return claim, taken.Error
}

// ClaimOperation claims a key for work that writes no row when it begins: on a resource that exists, or under the id that is
// to be made. With the key it writes who asks, unless asked has no action. The key is about asked's booking.
func (s *Store) ClaimOperation(ctx context.Context, key IdempotencyKey, resource string, asked AuditEntry, now time.Time) (Claim, error) {
	return s.claim(ctx, key, now, func(tx *gorm.DB) (created, error) {
		if asked.Action == "" {
			return created{resource: resource, about: asked.BookingID}, nil
		}
		return created{resource: resource, about: asked.BookingID}, audit(tx, now, asked)
	})
}

// ClaimNew claims a key for what work makes in the same transaction. work returns its id, and the existing booking that it is about; nil
// for none.
func (s *Store) ClaimNew(ctx context.Context, key IdempotencyKey, now time.Time,
	work func(tx *gorm.DB) (resource string, about *uint64, err error),
) (Claim, error) {
	return s.claim(ctx, key, now, func(tx *gorm.DB) (created, error) {
		resource, about, err := work(tx)
		return created{resource: resource, about: about}, err
	})
}

// KnownClaim reads what a key stands for and claims nothing: ErrNotFound, *IdempotencyConflictError or the claim.
func (s *Store) KnownClaim(ctx context.Context, key IdempotencyKey) (Claim, error) {
	key.Lease = ""
	return s.knownClaim(ctx, key, s.Now())
}

// RenewLease says that the request is still at work.
func (s *Store) RenewLease(ctx context.Context, key IdempotencyKey, now time.Time) error {
	return s.under(ctx, key).Where("lease = ?", key.Lease).Update("leased_until", now.Add(LeaseTime)).Error
}

// ReleaseLease lets the next request with the key proceed at once: this request ends without an answer to store.
func (s *Store) ReleaseLease(ctx context.Context, key IdempotencyKey) error {
	return s.under(ctx, key).Where("lease = ?", key.Lease).Update("leased_until", nil).Error
}

// StoreAnswer keeps the first answer to a key and returns the one that is kept, so that everybody who asked at once gets
// the same. body must not have a client secret.
func (s *Store) StoreAnswer(ctx context.Context, key IdempotencyKey, status int, body []byte) (int, []byte, error) {
	kept := s.under(ctx, key).Where("answer_body IS NULL").
		Updates(map[string]any{"answer_status": status, "answer_body": string(body)})
	if kept.Error != nil || kept.RowsAffected == 1 {
		return status, body, kept.Error
	}
	var row idempotencyRow
	if err := s.under(ctx, key).Order("id").Limit(1).Take(&row).Error; err != nil {
		return 0, nil, db.NotFound(err)
	}
	return *row.AnswerStatus, []byte(*row.AnswerBody), nil
}
