package activities

import (
	"context"
	"log/slog"

	"farebook/internal/failpoint"
	"farebook/store"
)

// Seals are the activities that seal the ledger.
type Seals struct {
	Store *store.Store
	Log   *slog.Logger
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

// SealLedger seals the complete transactions that follow the last seal. Harmless when repeated: a seal's number is the primary key, and
// what is sealed is not sealed again.
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
			return sealed, nil
		}
		sealed.Seals, sealed.Last = sealed.Seals+1, made.Number
		s.Log.InfoContext(ctx, "ledger sealed", "seal", made.Number, "fromId", made.FromID, "toId", made.ToID,
			"transactions", made.Transactions, "digest", made.Digest.String())
	}
	sealed.More = true
	return sealed, nil
}
