package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
)

// An event is found by its filters, and set aside with a reason that the audit log has under the person's name.
func TestAnEventIsIgnoredWithAReason(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	p.event("evt_1", `{"id":"evt_1"}`)
	desk := p.As(access.Support)
	require.Contains(t, desk.Get("/console/events?state=failed").Require(http.StatusOK).Text("main"), "no such payout")
	require.NotContains(t, desk.Get("/console/events?state=processed").Require(http.StatusOK).Text("main"), "evt_1")
	require.Equal(t, 1, desk.Get("/console/events?q=po_1").Find(`a[href="/console/events/evt_1"]`).Length())

	for state, found := range map[string]bool{"failed": true, "processed": false} { // an export obeys the filter
		file := desk.Get(desk.Get("/console/events?state="+state).Find("main a[download]").AttrOr("href", "")).Require(http.StatusOK)
		require.Equal(t, found, strings.Contains(file.Body, "evt_1"), state)
	}

	shown := desk.Get("/console/events/evt_1").Require(http.StatusOK)
	require.NotContains(t, shown.Body, `&#34;id&#34;`, "its body is for administrators")
	refused := desk.Submit(shown, `form[action$="/ignore"]`)
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status)
	ignored := desk.Submit(refused, `form[action$="/ignore"]`, "note", "a test of another shop").Require(http.StatusOK)
	require.Contains(t, ignored.Text("main"), "a test of another shop")
	require.Equal(t, "ignored", p.DB.Text(t, "SELECT state FROM stripe_events"))
	require.Equal(t, 1, p.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'event.ignore' AND actor LIKE 'Dana Support%'"))

	require.Contains(t, p.As(access.Administrator).Get("/console/events/evt_1").Text("pre"), `"id": "evt_1"`)
	require.Zero(t, p.As(access.Viewer).Get("/console/events/evt_1").Find("main form").Length())
}

// An event is handed to its workflow again: the button of its page asks the API, which counts its attempts anew.
func TestAnEventIsRetried(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	p.event("evt_1", "{}")
	p.DB.Exec(t, "UPDATE stripe_events SET attempts = 12")
	desk := p.As(access.Support)
	desk.Submit(desk.Get("/console/events/evt_1"), `form[action$="/retry"]`).Require(http.StatusOK)
	require.Equal(t, 1, p.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'event.retry' AND actor LIKE 'Dana Support%'"))
	require.NotEqual(t, "12", p.DB.Text(t, "SELECT attempts FROM stripe_events"))
}
