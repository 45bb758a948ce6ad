package endpoints_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
)

const (
	page     = "/console/webhook-endpoints"
	endpoint = "we_7K2M9QXA4T"
	audited  = "SELECT COUNT(*) FROM audit_log WHERE action = ? AND subject LIKE '%" + endpoint + "%' AND " +
		"actor LIKE 'Dana Support (console ak\\_%'"
)

// shop makes a client with an endpoint that has an event, which its receiver has refused.
func shop(t *testing.T, k *consolekit.Kit) {
	t.Helper()
	client := k.DB.Caller(t, k.DB.NewKey(t, "shop", access.WebhooksWrite)).ClientID
	k.DB.Exec(t, `INSERT INTO webhook_endpoints (endpoint_id, client_id, url, description, contact_email, event_types, secret_number,
		secret_key_id, created_at, updated_at) VALUES (?, ?, 'https://shop.example.com/farebook', 'Shop', 'hooks@example.com',
		'booking.confirmed', 1, 'k1', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`, endpoint, client)
	k.DB.Exec(t, `INSERT INTO webhook_deliveries (endpoint_id, message_id, event_key, event_type, payload, occurred_at, attempts, attempted_at,
		answer_status, answer_excerpt, answer_ms) SELECT id, 'msg_1', 'booking.confirmed/FB-7K2M9QXA', 'booking.confirmed', '{}',
		UTC_TIMESTAMP(6), 3, UTC_TIMESTAMP(6), 503, '<b>try later</b>', 41 FROM webhook_endpoints`)
}

// Support sees the endpoints of every client and each event with the receiver's last answer, sends an event again and a test event, and
// stops and starts deliveries. Each is in the audit log under the person's name.
func TestDeliveriesAreReadAndSentAgain(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	shop(t, k)
	support := k.As(access.Support)
	listed := support.Get(page).Require(http.StatusOK)
	require.Equal(t, 1, listed.Find("tbody tr").Length())
	require.Equal(t, 1, support.Get(page+"?client=shop").Require(http.StatusOK).Find("tbody tr").Length())
	support.Get(page + "?client=nobody").Require(http.StatusNotFound)

	shown := support.Get(page + "/" + endpoint).Require(http.StatusOK)
	row := shown.Find("tbody tr").Text()
	require.Contains(t, row, "503")
	require.Contains(t, row, "<b>try later</b>")
	require.Contains(t, row, "after 41 ms")
	form := `main form[action="` + page + "/" + endpoint
	shown = support.Submit(shown, form+`/deliveries/msg_1/replay"]`).Require(http.StatusOK)
	require.Zero(t, k.DB.Count(t, "SELECT COUNT(*) FROM webhook_deliveries WHERE attempts > 0"))
	require.Equal(t, 1, k.DB.Count(t, audited, "webhook-endpoint.replay"))
	shown = support.Submit(shown, form+`/test"]`).Require(http.StatusOK)
	require.Equal(t, 2, shown.Find("tbody tr").Length())
	require.Equal(t, 1, k.DB.Count(t, audited, "webhook-endpoint.test"))
	shown = support.Submit(shown, form+`/disable"]`).Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "Stopped by its client or by an operator")
	require.Equal(t, 1, k.DB.Count(t, audited, "webhook-endpoint.disable"))
	support.Submit(shown, form+`/enable"]`).Require(http.StatusOK)
	require.Equal(t, 1, k.DB.Count(t, "SELECT COUNT(*) FROM webhook_endpoints WHERE disabled_at IS NULL"))
	require.Equal(t, 1, k.DB.Count(t, audited, "webhook-endpoint.enable"))
}

// Support sends the events of a time again, and none outside of it. The API takes a bounded number at once: the form then has the rest of
// the time.
func TestEventsOfATimeAreSentAgain(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	shop(t, k)
	k.DB.Exec(t, "UPDATE webhook_deliveries SET occurred_at = '2026-03-05 10:00:00.000250', delivered_at = UTC_TIMESTAMP(6)")
	for i := range 10 { // 1,024 events, a second apart
		k.DB.Exec(t, `INSERT INTO webhook_deliveries (endpoint_id, message_id, event_key, event_type, payload, occurred_at, delivered_at)
			SELECT endpoint_id, CONCAT(message_id, ?), CONCAT(event_key, ?), event_type, payload, occurred_at + INTERVAL ? SECOND, delivered_at
			FROM webhook_deliveries`, i, i, 1<<i)
	}
	const again = "SELECT COUNT(*) FROM webhook_deliveries WHERE delivered_at IS NULL"
	form := `main form[action="` + page + "/" + endpoint + `/replay"]`
	support := k.As(access.Support)
	shown := support.Get(page + "/" + endpoint + "?tz=Asia/Dubai").Require(http.StatusOK)
	require.NotEmpty(t, shown.Find(form+" input[name=until]").AttrOr("value", ""), "until now")
	shown = support.Submit(shown, form, "from", "2026-03-05T14:01", "until", "2026-03-05T14:01").Require(http.StatusUnprocessableEntity)
	require.NotEmpty(t, shown.Text("#f-until-error"))
	require.Equal(t, "2026-03-05T14:01", shown.Find(form+" input[name=from]").AttrOr("value", ""))
	require.Zero(t, k.DB.Count(t, again))

	shown = support.Submit(shown, form, "until", "2026-03-05T14:01:02").Require(http.StatusOK)
	require.Contains(t, shown.Text(".notice"), "2 events are sent again.")
	require.Equal(t, 2, k.DB.Count(t, again+" AND occurred_at BETWEEN '2026-03-05 10:01:00' AND '2026-03-05 10:01:02'"))
	k.DB.Exec(t, "UPDATE webhook_deliveries SET delivered_at = UTC_TIMESTAMP(6)")

	shown = support.Submit(shown, form, "from", "2026-03-05", "until", "2026-03-06T00:00").Require(http.StatusOK)
	require.Contains(t, shown.Text(".notice"), "1000 events are sent again. More are left")
	require.Equal(t, 1000, k.DB.Count(t, again))
	shown = support.Submit(shown, form).Require(http.StatusOK)
	require.Contains(t, shown.Text(".notice"), "24 events are sent again.")
	require.NotContains(t, shown.Text(".notice"), "More are left")
	require.Equal(t, 1024, k.DB.Count(t, again))
	require.Equal(t, 3, k.DB.Count(t, audited, "webhook-endpoint.replay"))
}

// A viewer reads, and changes nothing; an administrator comes from the client, and reads it in Arabic.
func TestRolesOfWebhookEndpoints(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	shop(t, k)
	viewer := k.As(access.Viewer)
	shown := viewer.Get(page + "/" + endpoint).Require(http.StatusOK)
	require.Zero(t, shown.Find("main form").Length())
	for _, action := range []string{"/test", "/disable", "/enable", "/deliveries/msg_1/replay", "/replay"} {
		viewer.Post(page+"/"+endpoint+action, nil).Require(http.StatusForbidden)
	}
	require.Equal(t, 1, k.DB.Count(t, "SELECT COUNT(*) FROM webhook_deliveries WHERE attempts = 3"))
	viewer.Get(page + "/we_0000000000").Require(http.StatusNotFound)

	admin := k.As(access.Administrator)
	client := k.DB.Text(t, "SELECT c.client_id FROM api_clients c JOIN webhook_endpoints e ON e.client_id = c.id")
	link := admin.Get("/console/clients/"+client).Require(http.StatusOK).Find(`a[href^="`+page+`?client="]`).AttrOr("href", "")
	require.Equal(t, 1, admin.Get(link).Require(http.StatusOK).Find("tbody tr").Length())
	arabic := admin.Get(page + "/" + endpoint + "?lang=ar").Require(http.StatusOK)
	require.Equal(t, "rtl", arabic.Find("html").AttrOr("dir", ""))
	require.Contains(t, arabic.Text("main"), "عمليات التسليم")
}
