package store

import (
	"context"

	"farebook/ledger"
	"farebook/money"
)

// Balance of an account in one currency: debits less credits, in minor units.
type Balance struct {
	Account  ledger.Account
	Currency money.Currency
	Amount   int64
}

// Balances adds up the ledger, per account and currency.
func (s *Store) Balances(ctx context.Context) ([]Balance, error) {
	var out []Balance
	err := s.db.WithContext(ctx).Raw(`SELECT account, currency, SUM(CASE side WHEN 'debit' THEN amount ELSE -amount END) AS amount
		FROM ledger_entries GROUP BY account, currency ORDER BY account, currency`).Scan(&out).Error
	return out, err
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
