package test

import (
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/starter/view"
)

// callPayments makes a link to the payment page of a booking that is not paid, and a further payment of one that is.
func callPayments(c documentCaller, unpaid, paid testkit.Booked) {
	c.T.Helper()
	c.post("/v1/bookings/"+unpaid.Reference+"/payment-link", "")
	further := c.post("/v1/bookings/"+paid.Reference+"/payments", string(bag(nil)))
	c.post("/v1/bookings/"+c.text(further, "reference")+"/cancel", "")
}

// callEvidence prepares the evidence for a dispute and submits it.
func callEvidence(c documentCaller, dispute string) {
	c.T.Helper()
	awaitDispute(c.Stack, dispute, "needs_response")
	at := "/v1/disputes/" + dispute + "/evidence-draft"
	c.post(at, `{"texts":{"uncategorized_text":"The customer flew.","customer_name":"Layla Haddad"},"revision":0}`)
	c.call(http.MethodPost, at+"/files/receipt?name=receipt.pdf", string(aPDF(3, "receipt")), "Content-Type", "application/pdf")
	c.get(at)
	removed := c.post(at+"/files/receipt/remove", "")
	c.post(at+"/submit", `{"confirm":"`+dispute+`","revision":`+c.text(removed, "revision")+`}`)
}

// callWebhooks makes an endpoint, has a test event delivered and sent again, and removes the endpoint.
func callWebhooks(c documentCaller) {
	c.T.Helper()
	r := newReceiver(c.Stack)
	made := c.post("/v1/webhook-endpoints",
		`{"url":"`+r.server.URL+`/farebook","contactEmail":"hooks@example.com","description":"Shop, production"}`)
	r.mu.Lock()
	r.secrets["/farebook"] = c.text(made, "secret")
	r.mu.Unlock()
	at := "/v1/webhook-endpoints/" + c.text(made, "id")
	c.get("/v1/webhook-endpoints")
	c.get(at)
	event := c.text(c.post(at+"/test", ""), "id")
	c.Eventually(func() bool {
		var sent view.WebhookMessage
		r.hooks.Get(at+"/deliveries/"+event, &sent)
		return sent.State == "delivered"
	}, "the test event was not delivered; logs:\n%s", c.Logs)
	c.get(at + "/deliveries?limit=1")
	c.get(at + "/deliveries/" + event)
	c.post(at+"/deliveries/"+event+"/replay", "")
	r.await(2)
	now := c.DB.Store.Now().UTC()
	c.post(at+"/replay", `{"from":"`+now.Add(-time.Hour).Format(time.RFC3339)+`","until":"`+now.Add(time.Hour).Format(time.RFC3339)+`"}`)
	c.post(at+"/update", `{"eventTypes":["booking.confirmed","refund.succeeded"]}`)
	c.post(at+"/rotate-secret", `{"overlapHours":24}`)
	for _, change := range []string{"/disable", "/enable", "/remove"} {
		c.post(at+change, "")
	}
	require.Empty(c.T, r.refused)
}
