package store

import (
	"context"
	"sync"
	"time"
)

// queuedEmail is an email that a transaction has queued, as it is sent.
type queuedEmail struct {
	Email

	at time.Time
}

const (
	// freshAge is for how long an email is handed on in memory. Its workflow sends it at once in the process that has recorded its cause.
	freshAge = 5 * time.Second
	// freshPlaces bounds the memory of a process whose emails other processes send.
	freshPlaces = 256
)

// freshEmails hands emails on to whoever sends them in this process, without a read. Whoever takes one claims its row, which says whether
// it is still to be sent. An email is handed on once: any further attempt reads what the books have then.
type freshEmails struct {
	mu  sync.Mutex
	all map[uint64]queuedEmail
}

func (f *freshEmails) put(queued []queuedEmail, now time.Time) {
	if len(queued) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil || len(f.all) >= freshPlaces {
		f.drop(now)
	}
	for _, email := range queued {
		if len(f.all) < freshPlaces {
			f.all[email.ID] = email
		}
	}
}

// drop forgets what nobody has taken in time.
func (f *freshEmails) drop(now time.Time) {
	if f.all == nil {
		f.all = map[uint64]queuedEmail{}
	}
	for id, email := range f.all {
		if now.Sub(email.at) >= freshAge {
			delete(f.all, id)
		}
	}
}

func (f *freshEmails) take(id uint64, now time.Time) (Email, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	email, found := f.all[id]
	delete(f.all, id)
	return email.Email, found && now.Sub(email.at) < freshAge
}

// EmailToSend is Email for whoever claims the email next. One that this process has queued within the last seconds comes from memory, as
// the transaction that queued it has left its booking.
func (s *Store) EmailToSend(ctx context.Context, id uint64) (Email, error) {
	if email, found := s.fresh.take(id, s.Now()); found {
		return email, nil
	}
	return s.Email(ctx, id)
}

// handedOn are the emails that the transaction has queued, as Email reads them. Without a request key the booking may be an imported one,
// whose customer knows it by another name that only a read finds.
func (b *lockedBooking) handedOn() ([]queuedEmail, error) {
	if b.booking.RequestKey == nil {
		return nil, nil
	}
	var queued []queuedEmail
	for _, row := range b.queued {
		email, err := row.domain()
		if err != nil {
			return nil, err
		}
		booked := b.booking
		if b.payment.ID != 0 {
			booked.Payment = &b.payment
		}
		if email.Booking, err = booked.withPayment(); err != nil {
			return nil, err
		}
		email.CreatedAt = email.CreatedAt.Truncate(time.Microsecond) // as the column has it
		queued = append(queued, queuedEmail{Email: email, at: b.now})
	}
	return queued, nil
}

func idsOf(rows []emailRow) []uint64 {
	var ids []uint64
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}
