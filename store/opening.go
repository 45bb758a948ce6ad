package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// OpeningPart is a part of Stripe's balance at the opening, in one currency: minor units.
type OpeningPart struct {
	Currency money.Currency
	Kind     booking.BalanceKind // available, pending, connect_reserved or issuing
	Amount   int64
}

// OpeningBalance is Stripe's balance of a moment, by its parts.
type OpeningBalance struct {
	ledger.Opening
	Parts []OpeningPart
}

type openingPartRow struct {
	Currency money.Currency
	Kind     booking.BalanceKind
	Amount   int64
}

func (openingPartRow) TableName() string { return "opening_balances" }

// OpeningRefusedError says why the books are not opened.
type OpeningRefusedError struct{ Reason string }

func (e *OpeningRefusedError) Error() string { return e.Reason }

// Opening is the books' opening; its zero value is that of an account that began with Farebook.
func (s *Store) Opening(ctx context.Context) (ledger.Opening, error) {
	books, err := journal.Opening(s.db.WithContext(ctx), "")
	return books.Opening, err
}

// OpeningBalance is what the books were opened with; its time is zero where they were not.
func (s *Store) OpeningBalance(ctx context.Context) (OpeningBalance, error) {
	opening, err := s.Opening(ctx)
	if err != nil || opening.At.IsZero() {
		return OpeningBalance{}, err
	}
	var rows []openingPartRow
	err = s.db.WithContext(ctx).Order("currency, kind").Find(&rows).Error
	opened := OpeningBalance{Opening: opening}
	for _, row := range rows {
		opened.Parts = append(opened.Parts, OpeningPart(row))
	}
	return opened, err
}

// Same tells whether another moment is the opening's, and returns *OpeningRefusedError where it is not.
func (o OpeningBalance) Same(asked ledger.Opening) error { return sameOpening(o.Opening, asked) }

// CheckOpening returns *OpeningRefusedError where OpenLedger would. It writes nothing.
func (s *Store) CheckOpening(ctx context.Context, o OpeningBalance) error {
	return nothingBefore(s.db.WithContext(ctx), o.Opening)
}

// OpenLedger posts an opening balance, once and in one transaction: opened_at is written where it is NULL, and the ledger's operation key
// is UNIQUE per currency. The same moment again is harmless; it returns *OpeningRefusedError for another one, and for a moment after
// something that the ledger has already.
func (s *Store) OpenLedger(ctx context.Context, o OpeningBalance, by access.Actor, now time.Time) error {
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		if err := journal.LockCorrections(tx, journal.Shared); err != nil { // always before the opening's row
			return err
		}
		known, err := journal.Opening(tx, journal.Exclusively)
		if err != nil {
			return err
		}
		if !known.At.IsZero() {
			return sameOpening(known.Opening, o.Opening)
		}
		if err := nothingBefore(tx, o.Opening); err != nil {
			return err
		}
		if err := postOpening(tx, o, now); err != nil {
			return err
		}
		if err := journal.SetOpening(tx, o.Opening, by.Name, now); err != nil {
			return err
		}
		return audit(tx, now, AuditEntry{Actor: by, Action: ActionOpening, Subject: "opening", Detail: "at " + o.At.UTC().Format(time.RFC3339)})
	})
}

func sameOpening(known, asked ledger.Opening) error {
	if known.At.Equal(asked.At) {
		return nil
	}
	return &OpeningRefusedError{fmt.Sprintf("the books were opened at %s already, and cannot be opened at %s: the ledger is append-only",
		known.At.UTC().Format(time.RFC3339), asked.At.UTC().Format(time.RFC3339))}
}

// nothingBefore refuses an opening that would count twice what the clearing account has already.
func nothingBefore(tx *gorm.DB, o ledger.Opening) error {
	var first struct {
		ID                         uint64
		Type                       string
		StripeBalanceTransactionID string
		At                         time.Time
	}
	// A subquery with a limit is asked for each transaction in turn, and the first one usually has such an entry. With EXISTS the server
	// collects the entries of the whole account first.
	const touchesClearing = "(SELECT e.id FROM ledger_entries e WHERE e.ledger_id = l.id AND e.account = ? LIMIT 1) IS NOT NULL"
	read := func(date, where string) *gorm.DB {
		return tx.Table("financial_ledger l FORCE INDEX (idx_ledger_effective)").
			Select("l.id, l.type, l.stripe_balance_transaction_id, l."+date+" AS at").Where(where, o.At).
			Where(touchesClearing, ledger.AssetStripeClearing)
	}
	err := db.Merge(tx, "at, id", 1, []*gorm.DB{
		read("effective_at", "l.effective_at < ?"),
		read("posted_at", "l.effective_at IS NULL AND l.posted_at < ?"), // of an older release; starter migrate dates it
	}).Scan(&first).Error
	if err != nil || first.ID == 0 {
		return err
	}
	return &OpeningRefusedError{fmt.Sprintf("the ledger has a %s of %s (transaction %d, %s), before %s: open at that time or earlier, "+
		"and before bookings are imported", first.Type, first.At.UTC().Format(time.RFC3339), first.ID, first.StripeBalanceTransactionID,
		o.At.UTC().Format(time.RFC3339))}
}

// balanceAccounts are the accounts of the parts of Stripe's balance: what is available and what is pending are one.
var balanceAccounts = map[booking.BalanceKind]ledger.Account{
	booking.BalanceAvailable: ledger.AssetStripeClearing, booking.BalancePending: ledger.AssetStripeClearing,
	booking.BalanceConnectReserved: ledger.AssetConnectReserved, booking.BalanceIssuing: ledger.AssetIssuing,
}

func postOpening(tx *gorm.DB, o OpeningBalance, now time.Time) error {
	transactions, err := o.Transactions()
	if err != nil {
		return err
	}
	for _, t := range transactions {
		if err := journal.Append(tx, now, nil, t); err != nil {
			return err
		}
	}
	for _, part := range o.Parts {
		row := openingPartRow(part)
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
	}
	return nil
}

// Transactions are what an opening balance posts: one for each currency that has money.
func (o OpeningBalance) Transactions() ([]ledger.Transaction, error) {
	amounts := map[money.Currency]map[ledger.Account]int64{}
	for _, part := range o.Parts {
		account, known := balanceAccounts[part.Kind]
		if !known {
			return nil, fmt.Errorf("the opening balance has money of kind %q, which no account is for", part.Kind)
		}
		if amounts[part.Currency] == nil {
			amounts[part.Currency] = map[ledger.Account]int64{}
		}
		amounts[part.Currency][account] += part.Amount
	}
	var transactions []ledger.Transaction
	for _, currency := range slices.Sorted(maps.Keys(amounts)) {
		t, err := ledger.OpeningBalance(o.Opening, currency, amounts[currency])
		if err != nil {
			return nil, err
		}
		if len(t.Entries) > 0 {
			transactions = append(transactions, t)
		}
	}
	return transactions, nil
}
