package inbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/store"
	"farebook/workflows"
)

// alone are objects that name a charge and no PaymentIntent, by the type of event, with the workflow that each is for.
func alone(b box, n int, charge string) map[string]struct {
	object map[string]any
	told   string
} {
	refund, dispute := b.ID(fmt.Sprintf("re_%d", n)), b.ID(fmt.Sprintf("dp_%d", n))
	intent := b.ID("pi_1")
	reference, _ := b.Store.BookingOfPayment(b.T.Context(), intent)
	return map[string]struct {
		object map[string]any
		told   string
	}{
		"charge.updated": {
			map[string]any{"id": charge, "object": "charge", "payment_intent": nil},
			workflows.BookingPaymentWorkflowID(reference.Reference),
		},
		"charge.refunded": {
			map[string]any{"id": charge, "object": "charge", "amount_refunded": n, "captured": true},
			workflows.ChargeRefundsWorkflowID(intent),
		},
		"charge.dispute.created": {
			map[string]any{"id": dispute, "object": "dispute", "charge": charge, "payment_intent": nil},
			workflows.DisputeWorkflowID(dispute),
		},
		"refund.created": {
			map[string]any{"id": refund, "object": "refund", "charge": map[string]any{"id": charge, "object": "charge"}},
			workflows.RefundWorkflowID(refund),
		},
	}
}

func (b box) tellAlone(n int, charge string) (ids map[string]string) {
	b.T.Helper()
	ids = map[string]string{}
	for kind, c := range alone(b, n, charge) {
		ids[kind] = fmt.Sprintf("evt_%d_%s", n, strings.ReplaceAll(kind, ".", "_"))
		event, processed := b.receive(ids[kind], kind, c.object)
		require.False(b.T, processed, kind)
		if err := b.inbox.Process(b.T.Context(), event, 0); err != nil {
			require.ErrorContains(b.T, err, "is not at Stripe yet")
		}
	}
	return ids
}

// What names a charge alone belongs to the booking whose payment the charge is: by the books, for cards and bank debits alike.
func TestChargeThatTheBooksKnowNamesItsBooking(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.Paid("1")
	for n, charge := range []string{b.ID("ch_ours"), b.ID("py_ours")} {
		b.Exec(t, "UPDATE payments SET stripe_charge_id = ?", charge)
		ids := b.tellAlone(n+1, charge)
		for kind, c := range alone(b, n+1, charge) {
			b.requireTold(c.told, ids[kind])
		}
	}
}

// A charge that the books do not know is read at Stripe, which names its PaymentIntent.
func TestChargeThatTheBooksDoNotKnowIsReadAtStripe(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.Paid("1")
	charge := legacyCharge(t, b)
	require.NoError(t, b.stripe.Rewrite(charge, map[string]any{"payment_intent": b.ID("pi_1")}))
	ids := b.tellAlone(1, charge)
	for kind, c := range alone(b, 1, charge) {
		b.requireTold(c.told, ids[kind])
	}
}

// A charge that was made without a PaymentIntent is somebody else's on the account; one that Stripe does not have is asked for until
// Stripe can not be behind itself any more. While Stripe is away nothing is decided.
func TestChargeOfNobodysIsSetAsideOnceStripeSaysSo(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.Paid("1")
	charge := legacyCharge(t, b)
	b.stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/charges/" + charge, Kind: fakestripe.Fault500Before, Count: 1})
	event, _ := b.receive("evt_away", "charge.updated", map[string]any{"id": charge, "object": "charge"})
	require.Error(t, b.inbox.Process(t.Context(), event, 0))
	require.Equal(t, store.EventFailed, b.stored("evt_away").State)
	for kind, id := range b.tellAlone(1, charge) {
		require.Equal(t, store.EventNotOurs, b.stored(id).State, kind)
		require.Equal(t, "about a charge without a PaymentIntent: not a booking's", b.stored(id).Note, kind)
	}
	missing := b.tellAlone(2, b.ID("ch_missing"))
	for kind, id := range missing {
		require.Equal(t, store.EventFailed, b.stored(id).State, kind)
	}
	b.Clock.Advance(6 * time.Minute)
	b.due()
	require.Equal(t, len(missing)+1, sweep(t, b.inbox))
	for kind, id := range missing {
		require.Equal(t, store.EventNotOurs, b.stored(id).State, kind)
		require.Equal(t, "Stripe does not have the charge that it is about", b.stored(id).Note, kind)
	}
	require.Equal(t, store.EventNotOurs, b.stored("evt_away").State)
	b.requireNothingToSweep()
	for _, n := range []int{1, 2} {
		for kind, c := range alone(b, n, "") {
			require.False(t, b.Started(c.told), kind)
		}
	}
}

// legacyCharge makes a charge without a PaymentIntent.
func legacyCharge(t *testing.T, b box) string {
	t.Helper()
	form := url.Values{"amount": {"5000"}, "currency": {"usd"}, "source": {"tok_visa"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.stripe.URL()+"/v1/charges", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.SetBasicAuth(testkit.StripeKey, "")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	var charge struct{ ID string }
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&charge))
	return charge.ID
}
