package inbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/starter/inbox"
	"farebook/store"
)

// typed is what customers and their browsers leave in objects of Stripe's, and what no row may have.
const typed = `"client_secret":"pi_1_secret_Canary","description":"Canary seat","receipt_email":"canary@mail.example",
	"billing_details":{"name":"Canary","email":"canary@mail.example","phone":"+1555","address":{"line1":"Canary street"}},
	"shipping":{"name":"Canary"},"statement_descriptor":"Canary","payment_method_details":{"card":{"last4":"4242"}},
	"failure_message":"Canary","outcome":{"type":"issuer_declined","reason":"do_not_honor","seller_message":"Canary"},
	"last_payment_error":{"code":"card_declined","decline_code":"do_not_honor","message":"Canary pi_1_secret_Canary","payment_method":{"billing_details":{"name":"Canary"}}},
	"evidence":{"customer_name":"Canary"},"evidence_details":{"due_by":1763859999,"submission_count":0},"next_action":{"url":"https://canary"}`

func event(kind, object, rest string) []byte {
	return fmt.Appendf(nil, `{"id":"evt_1","object":"event","type":%q,"api_version":"2023-10-16","created":1763859723,"livemode":false,
		"account":"acct_1","pending_webhooks":1,"request":{"id":"req_1","idempotency_key":"Canary"},"data":{"previous_attributes":{"description":"Canary"},
		"object":{"object":%q,"metadata":{"booking_reference":"FB-7K2M9QXA","correlation_id":"request-0001","seat":"Canary"},%s,%s}}}`,
		kind, object, typed, rest)
}

// received is how an event that was delivered stands in its row.
func received(t *testing.T, db *testdb.DB, body []byte) store.Event {
	t.Helper()
	e, err := inbox.Parse(body, false)
	require.NoError(t, err, "%s", body)
	_, err = inbox.New(db.Store, nil, nil, time.Minute, nil).Receive(t.Context(), e)
	require.NoError(t, err)
	row, err := db.Store.Event(t.Context(), e.ID)
	require.NoError(t, err)
	db.Exec(t, "DELETE FROM stripe_events")
	return row
}

// Of each object its id, states and amounts are kept, and nothing that somebody typed.
func TestWhatIsKeptOfAnEvent(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	const metadata = `"metadata":{"booking_reference":"FB-7K2M9QXA","correlation_id":"request-0001"}`
	for kind, c := range map[string]struct{ object, rest, want string }{
		"payment_intent.payment_failed": {
			"payment_intent", `"id":"pi_1","status":"requires_payment_method","amount":45900,"amount_received":0,"currency":"usd","latest_charge":"ch_1","created":1763859000`,
			`{"id":"pi_1","object":"payment_intent",` + metadata +
				`,"status":"requires_payment_method","amount":45900,"amount_received":0,"currency":"usd",
				"latest_charge":"ch_1","created":1763859000,"last_payment_error":{"code":"card_declined","decline_code":"do_not_honor"}}`,
		},
		"charge.refunded": {
			"charge", `"id":"ch_1","payment_intent":{"id":"pi_1","client_secret":"pi_1_secret_Canary"},"status":"succeeded","amount":45900,"amount_refunded":100,
				"currency":"usd","captured":true,"balance_transaction":{"id":"txn_1","description":"Canary"}`,
			`{"id":"ch_1","object":"charge",` + metadata + `,"payment_intent":"pi_1","status":"succeeded","amount":45900,"amount_refunded":100,
				"currency":"usd","captured":true,"balance_transaction":"txn_1","outcome":{"type":"issuer_declined","reason":"do_not_honor"}}`,
		},
		"refund.updated": {
			"refund", `"id":"re_1","payment_intent":"pi_1","charge":"ch_1","status":"failed","amount":100,"currency":"usd","failure_reason":"lost_or_stolen_card"`,
			`{"id":"re_1","object":"refund",` + metadata + `,"payment_intent":"pi_1","charge":"ch_1","status":"failed","amount":100,"currency":"usd",
				"failure_reason":"lost_or_stolen_card"}`,
		},
		"charge.dispute.created": {
			"dispute", `"id":"dp_1","payment_intent":"pi_1","status":"needs_response","amount":100,"currency":"usd","reason":"fraudulent"`,
			`{"id":"dp_1","object":"dispute",` + metadata + `,"payment_intent":"pi_1","status":"needs_response","amount":100,"currency":"usd",
				"reason":"fraudulent","evidence_details":{"due_by":1763859999,"submission_count":0}}`,
		},
		"payout.failed": {
			"payout", `"id":"po_1","status":"failed","amount":100,"currency":"usd","automatic":true,"failure_code":"account_closed","arrival_date":1763859999`,
			`{"id":"po_1","object":"payout",` + metadata + `,"status":"failed","amount":100,"currency":"usd","automatic":true,
				"failure_code":"account_closed","arrival_date":1763859999}`,
		},
	} {
		row := received(t, db, event(kind, c.object, c.rest))
		require.Equal(t, "acct_1", row.Account)
		require.NotContains(t, strings.ToLower(fmt.Sprintf("%s %+v", row.Payload, row)), "canary")
		var kept struct {
			Account string
			Data    struct{ Object json.RawMessage }
		}
		require.NoError(t, json.Unmarshal(row.Payload, &kept))
		require.Equal(t, "acct_1", kept.Account)
		require.JSONEq(t, c.want, string(kept.Data.Object), kind)
	}
	require.Empty(t, received(t, db, event("customer.created", "customer", `"id":"cus_1","name":"Canary"`)).Payload, "nobody acts on it")
}

// What is kept is the same event to the inbox, however often it is reduced, and to the release before this one, which is
// stricter.
func TestWhatIsKeptIsAnEventStill(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for _, rest := range []string{
		`"id":"ch_1","payment_intent":"pi_1","amount_refunded":100,"captured":true`,
		`"id":"ch_1","payment_intent":null,"amount_refunded":{"value":1}`,
		`"id":7,"payment_intent":7,"captured":"yes"`, `"status":["x"],"currency":null,"amount":1.5`,
	} {
		body := []byte(strings.Replace(string(event("charge.refunded", "charge", rest)), "2023-10-16", "2022-08-01; orders_beta=v4", 1))
		row := received(t, db, body)
		require.Equal(t, "2022-08-01; orders_beta=v4", row.APIVersion)
		came, err := inbox.Parse(body, false)
		require.NoError(t, err)
		kept, err := inbox.FromRow(row)
		require.NoError(t, err)
		require.Equal(t, []any{
			came.ID, came.Type, came.Account, came.Note, came.Subject,
		}, []any{
			kept.ID, kept.Type, kept.Account, kept.Note, kept.Subject,
		})

		var before struct {
			ID, Object, Type string
			APIVersion       string `json:"api_version"`
			Created          int64
			Livemode         *bool
			Data             struct {
				Object *struct {
					ID, Object     string
					Metadata       map[string]string
					PaymentIntent  json.RawMessage `json:"payment_intent"`
					AmountRefunded int64           `json:"amount_refunded"`
					Captured       *bool
				}
			}
		}
		require.NoError(t, json.Unmarshal(row.Payload, &before), "%s", row.Payload)
		require.NotNil(t, before.Data.Object)
		require.NotNil(t, before.Livemode)
		require.Equal(t, []string{"evt_1", "event", "2022-08-01"}, []string{before.ID, before.Object, before.APIVersion})
	}
}

// A field that decides nothing refuses nothing.
func TestFieldsOfUnexpectedTypes(t *testing.T) {
	t.Parallel()
	for _, object := range []string{
		`{}`, `{"id":null}`, `{"id":{"a":1},"object":5,"metadata":"none","payment_intent":[1],"amount_refunded":"many","captured":0}`,
		`{"metadata":{"booking_reference":["FB-7K2M9QXA"],"correlation_id":"Canary at the window","refund_id":7}}`,
	} {
		body := fmt.Sprintf(
			`{"id":"evt_1","object":"event","type":"charge.refunded","api_version":["?"],"account":7,"created":1,"livemode":false,"data":{"object":%s}}`, object,
		)
		e, err := inbox.Parse([]byte(body), false)
		require.NoError(t, err, object)
		require.Equal(t, "", e.Subject.ObjectID+string(e.Subject.Reference)+e.Subject.CorrelationID+string(e.Subject.RefundID))
		require.Empty(t, e.Account)
		require.Nil(t, e.Subject.AmountRefunded)
	}
}
