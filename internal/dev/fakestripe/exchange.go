package fakestripe

// rateUnit is how an exchange rate is kept: millionths, so that money is computed in integers.
const rateUnit = 1_000_000

// exchange is what an account that settles in one currency does with the others.
type exchange struct {
	into  string
	rates map[string]int64 // millionths of a minor unit of into for one minor unit of each currency
}

// SettleIn has what is charged in the currencies of rates ("eur": 1.085) converted into another one ("usd") whenever the
// balance moves, by the rate of that moment: most accounts settle in the currency of their bank alone
// (stripe.com/docs/currencies/conversions). A rate is between minor units, as exchange_rate of a balance transaction is
// (stripe.com/docs/api/balance_transactions/object). Another call changes the rates of what comes from then on.
func (s *Server) SettleIn(currency string, rates map[string]float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exchange = exchange{into: currency, rates: map[string]int64{}}
	for from, rate := range rates {
		s.exchange.rates[from] = int64(rate*rateUnit + 0.5)
	}
}

// convert takes a balance transaction into the currency that the account settles in.
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

// converted is an amount at a rate, rounded half away from zero.
func converted(amount, rate int64) int64 {
	if amount < 0 {
		return -converted(-amount, rate)
	}
	return (amount*rate + rateUnit/2) / rateUnit
}

// exchangeRate is how a rate is sent; null where nothing was converted.
func exchangeRate(rate int64) any {
	if rate == 0 {
		return nil
	}
	return float64(rate) / rateUnit
}
