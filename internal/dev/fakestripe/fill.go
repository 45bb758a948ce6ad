package fakestripe

import (
	"fmt"
	"time"
)

// Fill creates n settled payments of 459.00 USD, spread evenly from one time to another, without sending events: a history for
// tests of list readers. The ids are predictable: pi_fill_1, ch_fill_1, txn_fill_1 and so on; the booking references have the numbers
// that follow reference, such as FB-00000001 and so on for 0.
func (s *Server) Fill(n, reference int, from, to time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const amount = 45900
	step := to.Sub(from) / time.Duration(n)
	for i := 1; i <= n; i++ {
		created := from.Add(time.Duration(i-1) * step).Unix()
		metadata := map[string]string{"booking_reference": fmt.Sprintf("FB-%08d", reference+i)}
		one := &intent{
			id: fmt.Sprintf("pi_fill_%d", i), created: created, status: succeeded, amount: amount, received: amount, currency: "usd",
			captureMethod: "automatic", metadata: metadata, methodTypes: []string{"card"}, latestCharge: fmt.Sprintf("ch_fill_%d", i),
		}
		ch := &charge{
			id: one.latestCharge, created: created, intent: one, amount: amount, amountCaptured: amount, currency: "usd", captured: true,
			status: "succeeded", metadata: metadata, transaction: fmt.Sprintf("txn_fill_%d", i),
		}
		s.intents.add(one)
		s.charges.add(ch)
		s.transactions.add(&transaction{
			id: ch.transaction, created: created, availableOn: created, amount: amount, fee: standardFee(amount, "usd"), currency: "usd",
			kind: "charge", category: "charge", source: ch.id,
		})
	}
}
