package fakestripe

// rateUnit is the scale of stored exchange rates: millionths, so that conversion uses integers only.
const rateUnit = 1_000_000

// exchange converts balance transactions into the account's single settlement currency.
type exchange struct {
	into  string
	rates map[string]int64 // by currency: minor units of into for one minor unit of it, in millionths
}

// SettleIn converts charges in the currencies of rates ("eur": 1.085) into currency ("usd") whenever the balance moves, at the
// rate set at that moment: most accounts settle only in the currency of their bank account
// (stripe.com/docs/currencies/conversions). A rate is minor units of currency per minor unit, like exchange_rate of a balance
// transaction (stripe.com/docs/api/balance_transactions/object). A later call changes the rates of later transactions only.
func (s *Server) SettleIn(currency string, rates map[string]float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exchange = exchange{into: currency, rates: map[string]int64{}}
	for from, rate := range rates {
		s.exchange.rates[from] = int64(rate*rateUnit + 0.5)
	}
}

// convert converts a balance transaction into the settlement currency.
func (e exchange) convert(t *transaction) {
	rate, foreign := e.rates[t.currency]
	if !foreign {
		return
	}
	for i := range t.otherFees {
		t.otherFees[i].Amount = converted(t.otherFees[i].Amount, rate)
	}
	t.amount, t.fee, t.currency, t.rate = converted(t.amount, rate), converted(t.fee, rate), e.into, rate
}

// converted returns an amount in minor units at a rate in millionths, rounded half away from zero.
func converted(amount, rate int64) int64 {
	if amount < 0 {
		return -converted(-amount, rate)
	}
	return (amount*rate + rateUnit/2) / rateUnit
}

// exchangeRate returns a rate as the API shows it; nil if nothing was converted.
func exchangeRate(rate int64) any {
	if rate == 0 {
		return nil
	}
	return float64(rate) / rateUnit
}
