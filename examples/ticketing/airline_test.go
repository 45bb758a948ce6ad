package ticketing_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// airline is a fake with the faults of real ones.
type airline struct {
	*httptest.Server

	mu       sync.Mutex
	orders   map[string]*ordered
	hangings chan struct{} // closed at the end of the test, so that hanging requests end
}

// ordered is an order as the airline knows it.
type ordered struct {
	attempts int
	ticket   string
	void     bool
	// behave decides what an attempt does; nil issues the ticket.
	behave func(attempt int) fault
}

// fault is what an attempt meets.
type fault struct {
	status int  // answered instead of a ticket; 0 for none
	issued bool // the ticket is issued all the same
	hangs  bool // no answer comes
	// before is called before the answer; nil for nothing.
	before func()
}

func startAirline(t *testing.T) *airline {
	a := &airline{orders: map[string]*ordered{}, hangings: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{order}/ticket", a.issue)
	mux.HandleFunc("GET /orders/{order}", func(w http.ResponseWriter, r *http.Request) {
		a.answer(w, http.StatusOK, a.order(r.PathValue("order")))
	})
	mux.HandleFunc("POST /orders/{order}/void", func(w http.ResponseWriter, r *http.Request) {
		known := a.order(r.PathValue("order"))
		a.mu.Lock()
		known.void, known.ticket = true, ""
		a.mu.Unlock()
		a.answer(w, http.StatusOK, known)
	})
	a.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		close(a.hangings)
		a.Close()
	})
	return a
}

func (a *airline) order(id string) *ordered {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.orders[id] == nil {
		a.orders[id] = &ordered{}
	}
	return a.orders[id]
}

// behaves sets what the attempts at an order meet.
func (a *airline) behaves(id string, behave func(attempt int) fault) {
	known := a.order(id)
	a.mu.Lock()
	defer a.mu.Unlock()
	known.behave = behave
}

func (a *airline) answer(w http.ResponseWriter, status int, known *ordered) {
	a.mu.Lock()
	body := map[string]any{"ticket": known.ticket, "void": known.void}
	a.mu.Unlock()
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may be dead
}

func (a *airline) issue(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("order")
	known := a.order(id)
	a.mu.Lock()
	known.attempts++
	var met fault
	if known.behave != nil {
		met = known.behave(known.attempts)
	}
	if known.void {
		met.status, met.issued = http.StatusGone, false
	} else if met.status == 0 && !met.hangs || met.issued {
		known.ticket = "176-" + id
	}
	a.mu.Unlock()
	if met.before != nil {
		met.before()
	}
	switch {
	case met.hangs:
		select {
		case <-a.hangings:
		case <-r.Context().Done():
		}
	case met.status != 0:
		w.WriteHeader(met.status)
		_, _ = fmt.Fprint(w, `{"error": "no ticket"}`) // the caller may be dead
	default:
		a.answer(w, http.StatusCreated, known)
	}
}

// state is what the airline has done for an order.
func (a *airline) state(id string) (ticket string, void bool, attempts int) {
	known := a.order(id)
	a.mu.Lock()
	defer a.mu.Unlock()
	return known.ticket, known.void, known.attempts
}
