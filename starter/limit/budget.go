package limit

import (
	"errors"
	"io"
	"net/netip"
	"sync"
)

// ErrBusy is returned while a budget is exhausted.
var ErrBusy = errors.New("too many bytes are being read at once")

// Budget bounds the memory for request bodies of unauthenticated callers, in total and for each source, so that one source cannot
// exhaust it. Bytes count when they arrive: a large Content-Length alone reserves nothing.
type Budget struct {
	total, share int64

	mu       sync.Mutex
	held     int64
	bySource map[netip.Prefix]int64
}

// NewBudget returns a budget of total bytes, of which one source may hold share.
func NewBudget(total, share int64) *Budget {
	return &Budget{total: total, share: share, bySource: map[netip.Prefix]int64{}}
}

// Held returns the number of bytes in memory now.
func (b *Budget) Held() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}

// Hold returns the empty hold of a new request. Call Release when its body is no longer needed.
func (b *Budget) Hold(source netip.Prefix) *Hold { return &Hold{budget: b, source: source} }

// Hold counts the bytes of one request. It must be used by one goroutine only.
type Hold struct {
	budget *Budget
	source netip.Prefix
	bytes  int64
}

// Reader returns a reader of r that counts its bytes and fails with ErrBusy when the budget is exhausted.
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

// Release returns the held bytes to the budget.
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
