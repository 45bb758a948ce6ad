// Package gauges reads the figures of the books that operators watch: work that is open and its age, balances that must be zero, the last
// reconciliation and the last seal. Every statement reads by an index and at most Cap rows, so that a reading costs the same at ten
// thousand bookings and at ten million. It imports store, store/recon, store/internal/db and the vocabulary.
package gauges

import (
	"context"
	"sync"
	"time"

	"farebook/booking"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/store/recon"
)

// Cap is how many rows of one state are counted. A count of Cap means Cap or more: beyond it, the age matters and not the number.
const Cap = 10_000

// CapText is Cap for documents.
const CapText = "10,000"

// Open is the open work of one state.
type Open struct {
	State  string
	Count  int64
	Oldest time.Time // zero if Count is 0
}

// Reading is the state of the books at one time.
type Reading struct {
	Bookings, Refunds, Disputes, Events, Emails, Attention []Open

	// Imbalance is debits less credits, by currency, in minor units.
	Imbalance map[money.Currency]int64
	// Clearing is the part of clearing account less Stripe's balance that the last good reconciliation could not explain, by currency, in
	// minor units.
	Clearing map[money.Currency]int64
	// Findings are those of the last good reconciliation that are open.
	Findings map[reconciliation.Class]int64
	// LastReconciliation is when the last good reconciliation ended; zero when there was none.
	LastReconciliation time.Time
	// LastSeal is when the newest seal was made, and Unsealed when the oldest transaction after it was posted; zero for none.
	LastSeal, Unsealed time.Time
	FenceUp            bool
	Deliveries         Deliveries
}

// The states that are counted. Those in which most rows end are left out: their number grows with the business, and is counted as a rate.
var (
	BookingStates = []booking.Status{booking.StatusPendingPayment, booking.StatusDisputed}
	RefundStates  = booking.OpenRefunds
	DisputeStates = booking.OpenDisputes
	EventStates   = []store.EventState{store.EventReceived, store.EventProcessing, store.EventFailed, store.EventUnknownBooking}
	EmailStates   = []string{store.EmailQueued, store.EmailHeld}
)

// Reader reads the figures. It is safe for concurrent use, and readings do not wait for one another.
type Reader struct {
	books *store.Store
	runs  *recon.Runs

	mu     sync.Mutex // held while seals are added up, and never while the database is read
	sealed sealedSums
}

// New returns a reader of the database of the books.
func New(books *store.Store) *Reader {
	return &Reader{books: books, runs: recon.New(books), sealed: sealedSums{sums: seal.Sums{}}}
}

// Read reads all figures. ctx bounds the time that it may take.
func (r *Reader) Read(ctx context.Context) (Reading, error) {
	var out Reading
	for _, read := range []func(context.Context, *Reading) error{r.open, r.attention, r.balance, r.reconciliation, r.fence, r.deliveries} {
		if err := read(ctx, &out); err != nil {
			return Reading{}, err
		}
	}
	return out, nil
}

func (r *Reader) fence(ctx context.Context, out *Reading) error {
	fence, err := r.books.Fence(ctx)
	out.FenceUp = fence != nil
	return err
}
