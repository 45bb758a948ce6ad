package inbox

import (
	"testing"
	"unicode/utf8"

	"farebook/internal/correlation"
)

// An event that is taken fits its row, and names a booking, a refund and a correlation id of ours or none.
func FuzzEvent(f *testing.F) {
	for _, seed := range []string{
		`{"id":"evt_1","object":"event","type":"payment_intent.succeeded","api_version":"2023-10-16","created":1,"livemode":false,"data":{"object":{"id":"pi_1","object":"payment_intent","metadata":{"booking_reference":"FB-7K2M9QXA","correlation_id":"request-0001"}}}}`,
		`{"id":"evt_1","object":"event","type":"charge.refunded","created":1,"livemode":false,"data":{"object":{"id":"ch_1","object":"charge","payment_intent":{"id":"pi_1"},"captured":true,"amount_refunded":5}}}`,
		`{"id":"evt_1","object":"event","type":"payout.paid","created":253402300800,"livemode":false,"data":{"object":{"id":"po_1"}}}`,
		`{"id":"evt_1","object":"event","type":"x","created":-1,"livemode":null,"data":{"object":null}}`,
		`{"ID":"evt_1","id":"evt_2","object":"event","type":"a.b","livemode":true,"data":{"object":{"metadata":{"booking_reference":"\u0000"}}}}`,
		`null`, `[]`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := Parse(body, false)
		if err != nil {
			return
		}
		if event.Livemode {
			t.Fatal("a live event is taken in test mode")
		}
		if len(event.ID) > 64 || len(event.Type) > maxEventType || len(event.APIVersion) > 32 || event.Created < 0 ||
			event.Created > maxEventTime {
			t.Fatalf("does not fit its row: %+v", event)
		}
		if reference := event.Subject.Reference; reference != "" && len(reference) != 11 {
			t.Fatalf("a reference: %q", reference)
		}
		if id := event.Subject.RefundID; id != "" && len(id) != 11 {
			t.Fatalf("a refund's id: %q", id)
		}
		if id := event.Subject.CorrelationID; id != "" && !correlation.Valid(id) {
			t.Fatalf("a correlation id: %q", id)
		}
		if !utf8.ValidString(event.Subject.ObjectID) || !utf8.ValidString(event.Subject.PaymentIntentID) {
			t.Fatalf("ids that are not UTF-8: %+v", event)
		}
	})
}
