package reconciliation

import (
	"testing"
	"time"

	"farebook/money"
)

// A line that moves money and that nothing was posted for is always a finding, one whose postings differ by more than the tolerance as
// well, and each finding says what it is.
func FuzzCompare(f *testing.F) {
	f.Add(int64(100), int64(3), int64(97), int64(97), int64(3), uint8(0), uint8(1), uint8(0), int64(0), true)
	f.Add(int64(100), int64(3), int64(97), int64(100), int64(0), uint8(1), uint8(2), uint8(1), int64(5), false)
	f.Add(int64(-100), int64(0), int64(-100), int64(-99), int64(1), uint8(6), uint8(3), uint8(2), int64(1), true)
	objects := []Object{
		ObjectPayment, ObjectRefund, ObjectDispute, ObjectPayout, ObjectAccountFee, ObjectBalanceTransaction, "x",
	}
	currencies := []money.Currency{"USD", "EUR", ""}
	f.Fuzz(func(t *testing.T, amount, fee, net, clearing, fees int64, object, postings, currency uint8, tolerance int64, known bool) {
		bounded := func(minor int64) int64 { return minor % (1 << 53) }
		if tolerance < 0 || tolerance > 1<<31 {
			tolerance = 0
		}
		line := Line{Object: objects[int(object)%len(objects)], ObjectID: "x"}
		line.ID, line.Amount, line.Fee, line.Net, line.Currency = "txn_1", bounded(amount), bounded(fee), bounded(net), "USD"
		var posted []Posting
		var sum int64
		for i := range uint64(postings % 4) {
			in := currencies[int(currency)%len(currencies)]
			posted = append(posted, Posting{
				LedgerID: i, Type: string(rune('a' + i)), Clearing: map[money.Currency]int64{in: bounded(clearing)},
				Fees: map[money.Currency]int64{in: bounded(fees)},
			})
			sum += posted[i].Clearing["USD"]
		}
		found := Compare(line, posted, Known{PaymentKnown: known}, Rules{Now: time.Unix(1e9, 0), Tolerance: tolerance})
		switch difference := sum - line.Net; {
		case found != nil && (found.Class == "" || found.Reason == ""):
			t.Fatalf("a finding without class or reason: %+v", found)
		case found == nil && len(posted) == 0 && !line.IsZero():
			t.Fatal("nothing was posted, and nothing is found")
		case found == nil && (difference > tolerance || -difference > tolerance):
			t.Fatalf("differs by %d, and nothing is found", difference)
		}
	})
}
