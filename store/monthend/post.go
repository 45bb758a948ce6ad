package monthend

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// Journal is a manual journal, as it is proposed and kept.
type Journal struct {
	Key         string         `json:"key"`
	Reason      string         `json:"reason"`
	EffectiveAt time.Time      `json:"effectiveAt"`
	Entries     []JournalEntry `json:"entries"`
	// Refund is the refund that the journal pays from the bank; see ledger.Manual.
	Refund booking.RefundID `json:"refund,omitempty"`
}

// JournalEntry is one line of a journal. Amount is in minor units.
type JournalEntry struct {
	Account  ledger.Account `json:"account"`
	Side     ledger.Side    `json:"side"`
	Amount   int64          `json:"amount"`
	Currency money.Currency `json:"currency"`
}

// Validate returns validation.FieldErrors for what is wrong with a journal, by the names of its fields.
func (j Journal) Validate() error { return j.manual().Validate() }

func (j Journal) manual() ledger.Manual {
	manual := ledger.Manual{Key: j.Key, Reason: j.Reason, EffectiveAt: j.EffectiveAt, Refund: j.Refund}
	for _, entry := range j.Entries {
		manual.Entries = append(manual.Entries, ledger.Entry(entry))
	}
	return manual
}

func (j Journal) transaction() (ledger.Transaction, error) {
	t, err := j.manual().Transaction()
	if err != nil {
		return t, refused("%v", err)
	}
	return t, nil
}

func (j Journal) digest() (seal.Digest, error) {
	text, err := json.Marshal(j)
	return sha256.Sum256(text), err
}

// Limits are the totals above which a second operator approves a journal, in minor units by currency. A currency without one has the
// limit 0.
type Limits map[money.Currency]int64

// exceeded reports whether a journal debits more than the limit in a currency.
func (l Limits) exceeded(j Journal) bool {
	sums := map[money.Currency]int64{}
	for _, entry := range j.Entries {
		if entry.Side == ledger.Debit {
			sums[entry.Currency] += entry.Amount
		}
	}
	for currency, sum := range sums {
		if sum > l[currency] {
			return true
		}
	}
	return false
}

// Posted is what became of a journal: it is in the ledger, or waits for a second operator.
type Posted struct {
	LedgerID uint64
	Period   ledger.Period
	Waits    bool
	Proposal Proposal // where it waits
}

// Post posts a manual journal, or keeps it for a second operator when it exceeds the limits. The same journal again is harmless, by its
// operation key; another one under the same key is refused. Error: *RefusedError.
func (m *Months) Post(ctx context.Context, j Journal, limits Limits, by access.Actor) (Posted, error) {
	j.EffectiveAt = j.EffectiveAt.UTC().Truncate(time.Microsecond)
	now := m.books.Now()
	t, err := j.transaction()
	if err != nil {
		return Posted{}, err
	}
	if j.EffectiveAt.After(now) {
		return Posted{}, refused("the journal takes effect at %s, which is in the future", j.EffectiveAt.Format(time.RFC3339))
	}
	var duplicate error
	for range postAttempts {
		posted, err := m.postOnce(ctx, j, t, limits, by, now)
		if !db.DuplicateKey(err) {
			return posted, err
		}
		duplicate = err
	}
	return Posted{}, db.DamagedIndex(duplicate)
}

// postAttempts bounds how often a journal is posted that meets the same one at once: that has posted or proposed it by the next attempt.
const postAttempts = 3

// postOnce is one attempt to post a journal. Its error is a duplicate key where the same journal is posted at once.
func (m *Months) postOnce(ctx context.Context, j Journal, t ledger.Transaction, limits Limits, by access.Actor, now time.Time,
) (posted Posted, err error) {
	err = m.db.InTransaction(ctx, func(tx *gorm.DB) error {
		to, err := m.lockToPost(tx, j, now)
		if err != nil {
			return err
		}
		posted, err = journalThere(tx, t)
		switch {
		case err != nil || posted.LedgerID != 0:
			return err
		case limits.exceeded(j):
			posted, err = m.keep(tx, to, by)
		default:
			posted, err = to.post(tx, t, by)
		}
		failpoint.Hit("before-post-journal")
		return err
	})
	if err == nil {
		failpoint.Hit("after-post-journal")
	}
	return posted, err
}

// posting is where a journal goes, under its locks: beside all bookings, or to the booking of the refund that it pays.
type posting struct {
	journal Journal
	books   journal.Books
	refund  *store.FailedRefund
	now     time.Time
}

// lockToPost takes the locks of a posting, before those of proposals. Error: *RefusedError.
func (m *Months) lockToPost(tx *gorm.DB, j Journal, now time.Time) (posting, error) {
	to := posting{journal: j, now: now}
	if j.Refund != "" {
		refund, err := store.LockFailedRefund(tx, m.books, j.Refund, now)
		if errors.Is(err, store.ErrNotFound) {
			err = refused("no refund has the id %s", j.Refund)
		}
		to.refund = &refund
		return to, err
	}
	if err := journal.LockCorrections(tx, journal.Shared); err != nil {
		return posting{}, err
	}
	books, err := journal.Opening(tx, journal.Shared)
	to.books = books
	return to, err
}

// check returns *RefusedError for a journal whose refund is not paid from the bank.
func (p posting) check() error {
	if p.refund == nil {
		return nil
	}
	return orRefused(p.refund.Check(p.journal.manual().Pays()))
}

// post posts the journal and audits it.
func (p posting) post(tx *gorm.DB, t ledger.Transaction, by access.Actor) (Posted, error) {
	entry := store.AuditEntry{Actor: by, Action: store.ActionPost, Subject: t.OperationKey}
	var err error
	if p.refund == nil {
		err = journal.AppendUnder(tx, p.now, p.books, nil, t)
	} else {
		err = orRefused(p.refund.Pay(t, p.journal.manual().Pays()))
		id := p.refund.BookingID()
		entry.BookingID = &id
	}
	if err != nil {
		return Posted{}, err
	}
	posted, err := journalThere(tx, t)
	if err != nil {
		return Posted{}, err
	}
	entry.Detail = "in " + string(posted.Period)
	return posted, store.AuditIn(tx, p.now, entry)
}

// orRefused makes a *RefusedError of an error about a refund that is not paid from the bank.
func orRefused(err error) error {
	var notOwed *store.NotPayableError
	var disputed *store.NotRefundableError
	if errors.As(err, &notOwed) || errors.As(err, &disputed) {
		return refused("%v", err)
	}
	return err
}

func (m *Months) keep(tx *gorm.DB, p posting, by access.Actor) (Posted, error) {
	if err := p.check(); err != nil {
		return Posted{}, err
	}
	digest, err := p.journal.digest()
	if err != nil {
		return Posted{}, err
	}
	proposal := Proposal{Kind: KindJournal, Subject: p.journal.Key, Digest: digest, By: by, Content: Content{Journal: &p.journal}}
	kept, err := propose(tx, proposal, "digest "+digest.String(), p.now)
	return Posted{Waits: true, Proposal: kept}, err
}

// ApprovePost posts a journal that somebody else has proposed. A repetition finds it in the ledger. Error: *RefusedError.
func (m *Months) ApprovePost(ctx context.Context, key string, by access.Actor) (Posted, error) {
	now := m.books.Now()
	var posted Posted
	err := m.db.InTransaction(ctx, func(tx *gorm.DB) error {
		proposal, found, err := openProposal(tx, KindJournal, key)
		switch {
		case err != nil:
			return err
		case !found || proposal.Content.Journal == nil:
			posted, err = waitedFor(tx, key)
			return err
		}
		to, err := m.lockToPost(tx, *proposal.Content.Journal, now)
		if err != nil {
			return err
		}
		locked, found, err := openProposal(tx.Clauses(db.ForUpdate), KindJournal, key)
		switch {
		case err != nil:
			return err
		case !found || locked.ID != proposal.ID:
			return refused("journal %q was decided or replaced meanwhile", key)
		}
		if err := differentPeople(tx, proposal.By, by); err != nil {
			return err
		}
		t, err := to.journal.transaction()
		if err != nil {
			return err
		}
		if err := decide(tx, proposal, approved, by, now); err != nil {
			return err
		}
		posted, err = to.post(tx, t, by)
		failpoint.Hit("before-approve-journal")
		return err
	})
	if err == nil {
		failpoint.Hit("after-approve-journal")
	}
	return posted, err
}

// waitedFor is a journal that was proposed and waits no more.
func waitedFor(tx *gorm.DB, key string) (Posted, error) {
	posted, err := journalNamed(tx, key)
	if err == nil && posted.LedgerID == 0 {
		err = refused("no journal %q waits for approval", key)
	}
	return posted, err
}

// journalThere finds a journal that was posted before. It refuses a key that another journal has.
func journalThere(tx *gorm.DB, t ledger.Transaction) (Posted, error) {
	there, period, err := journal.ByOperationKey(tx, t.OperationKey)
	if err != nil || there.ID == 0 {
		return Posted{}, err
	}
	if !there.Effective.At.Equal(t.Effective.At) || there.Description != t.Description || there.ObjectID != t.ObjectID ||
		!slices.Equal(there.Entries, t.Entries) {
		return Posted{}, refused("%s is the key of another journal, which is transaction %d: choose another key", t.OperationKey, there.ID)
	}
	return Posted{LedgerID: there.ID, Period: period}, nil
}

func journalNamed(tx *gorm.DB, key string) (Posted, error) {
	there, period, err := journal.ByOperationKey(tx, ledger.Manual{Key: key}.OperationKey())
	return Posted{LedgerID: there.ID, Period: period}, err
}
