package limit

import (
	"errors"
	"io"
	"net/netip"
	"sync"
)

// ErrBusy says that a budget is used up for the moment.
var ErrBusy = errors.New("too many bytes are being read at once")

// Budget bounds the bytes that bodies of strangers take in memory at once: in all, and for one source, so that one stranger
// cannot use up everybody's. Bytes count from when they arrive: who announces much and sends nothing holds nothing.
type Budget struct {
	total, share int64

	mu       sync.Mutex
	held     int64
	bySource map[netip.Prefix]int64
}

// NewBudget allows total bytes, and share of them to one source.
func NewBudget(total, share int64) *Budget {
	return &Budget{total: total, share: share, bySource: map[netip.Prefix]int64{}}
}

// Held is how many bytes are in memory now.
func (b *Budget) Held() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}

// Hold is what one request holds of the budget. Release gives it back.
func (b *Budget) Hold(source netip.Prefix) *Hold { return &Hold{budget: b, source: source} }

// Hold counts the bytes of one request. It is for one goroutine.
type Hold struct {
	budget *Budget
	source netip.Prefix
	bytes  int64
}

// Reader counts what is read of r, and fails with ErrBusy where the budget ends.
func (h *Hold) Reader(r io.Reader) io.Reader { return &budgeted{r, h} }

type budgeted struct {
	io.Reader
	hold *Hold
}

func (r *budgeted) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if !r.hold.grow(int64(n)) {
		return 0, ErrBusy
	}
	return n, err
}

func (h *Hold) grow(n int64) bool {
	b := h.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held+n > b.total || b.bySource[h.source]+n > b.share {
		return false
	}
	if n > 0 {
		b.held += n
		b.bySource[h.source] += n
		h.bytes += n
	}
	return true
}

// Release gives back what is held.
func (h *Hold) Release() {
	b := h.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= h.bytes
	b.bySource[h.source] -= h.bytes
	if b.bySource[h.source] == 0 {
		delete(b.bySource, h.source)
	}
	h.bytes = 0
}
