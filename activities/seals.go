package activities

import (
	"context"
	"log/slog"

	"farebook/internal/failpoint"
	"farebook/ledger/seal"
	"farebook/store"
)

// Seals are the activities that seal the ledger.
type Seals struct {
	Store *store.Store
	// Key signs the newest seal for finance, once a day; nil when no key is configured.
	Key *seal.Key
	Log *slog.Logger
}

// SealLedgerInput bounds one call, so that it ends well within an activity's time.
type SealLedgerInput struct {
	MaxSeals int `json:"maxSeals"`
}

// LedgerSealed is what a call has sealed.
type LedgerSealed struct {
	Seals int    `json:"seals"`
	Last  uint64 `json:"last,omitempty"` // the number of the newest of them
	// More reports that MaxSeals were made, and that there may be more to seal.
	More bool `json:"more,omitempty"`
}

// SealLedger seals the complete transactions that follow the last seal. When none are left, it queues the day's email with the newest
// seal, which the sweeper sends, so that sealing never waits for the mail server. Harmless when repeated: a seal's number is the primary
// key, what is sealed is not sealed again, and the email's key is the day.
func (s *Seals) SealLedger(ctx context.Context, in SealLedgerInput) (LedgerSealed, error) {
	var sealed LedgerSealed
	for sealed.Seals < in.MaxSeals {
		failpoint.Hit("before-seal-ledger")
		made, found, err := s.Store.SealLedger(ctx)
		if err != nil {
			return sealed, storeError(err)
		}
		failpoint.Hit("after-seal-ledger")
		if !found {
			return sealed, storeError(s.email(ctx))
		}
		sealed.Seals, sealed.Last = sealed.Seals+1, made.Number
		s.Log.InfoContext(ctx, "ledger sealed", "seal", made.Number, "fromId", made.FromID, "toId", made.ToID,
			"transactions", made.Transactions, "digest", made.Digest.String())
	}
	sealed.More = true
	return sealed, nil
}

// email queues the day's email with the newest seal, signed.
func (s *Seals) email(ctx context.Context) error {
	if s.Key == nil {
		return nil
	}
	failpoint.Hit("before-email-seal")
	queued, err := s.Store.EmailSeal(ctx, s.Key.Sign)
	failpoint.Hit("after-email-seal")
	if queued {
		s.Log.InfoContext(ctx, "signed seal queued for finance", "keyId", s.Key.Public().ID())
	}
	return err
}
