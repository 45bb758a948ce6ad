package store

import (
	"cmp"
	"context"

	"farebook/booking"
	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// LedgerTransaction is a transaction as stored, with the ids of its entries. A zero Effective means a row of an older release that
// `starter migrate` has not completed yet.
type LedgerTransaction = seal.Transaction

// Ledger reads a booking's transactions with their entries, oldest first.
func (s *Store) Ledger(ctx context.Context, reference booking.Reference) ([]LedgerTransaction, error) {
	conn := s.db.WithContext(ctx)
	var owner bookingRow
	if err := conn.Select("id").Where("reference = ?", reference).Take(&owner).Error; err != nil {
		return nil, db.NotFound(err)
	}
	transactions, err := journal.OfBooking(conn, owner.ID)
	for i := range transactions {
		transactions[i].Reference = reference
	}
	return transactions, err
}

// Transaction reads one transaction with its entries and the reference of its booking. Error: ErrNotFound.
func (s *Store) Transaction(ctx context.Context, id uint64) (LedgerTransaction, error) {
	conn := s.db.WithContext(ctx)
	found, err := journal.OfIDs(conn, []uint64{id})
	if err != nil || len(found) == 0 {
		return LedgerTransaction{}, cmp.Or(err, ErrNotFound)
	}
	var owner bookingRow
	err = conn.Select("reference").Where("id = (SELECT booking_id FROM financial_ledger WHERE id = ?)", id).Limit(1).Find(&owner).Error
	found[0].Reference = owner.Reference
	return found[0], err
}

// Balance of an account in one currency: debits less credits, in minor units.
type Balance = journal.Balance

// Balances adds up the ledger, per account and currency.
func (s *Store) Balances(ctx context.Context) ([]Balance, error) {
	return journal.Balances(s.db.WithContext(ctx))
}

// ClearingAccount is what we think Stripe holds for us, per currency in minor units: its balance, pending and available
// together.
func (s *Store) ClearingAccount(ctx context.Context) (map[money.Currency]int64, error) {
	sums, err := s.BalancesOf(ctx)
	return sums[ledger.AssetStripeClearing], err
}

// BalancesOf are the balances of each account, per currency in minor units; that of the clearing account is never nil.
func (s *Store) BalancesOf(ctx context.Context) (map[ledger.Account]map[money.Currency]int64, error) {
	balances, err := s.Balances(ctx)
	sums := map[ledger.Account]map[money.Currency]int64{ledger.AssetStripeClearing: {}}
	for _, balance := range balances {
		if sums[balance.Account] == nil {
			sums[balance.Account] = map[money.Currency]int64{}
		}
		sums[balance.Account][balance.Currency] = balance.Amount
	}
	return sums, err
}
