package console_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
)

// An email is shown with its text and the answer of the mail server, never as HTML, and a copy of it is sent once however often the form is
// sent.
func TestAnEmailIsReadAndSentAgain(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	known, _ := p.paid()
	p.DB.Exec(t, "UPDATE emails SET status = 'failed', last_error = '550 no such user'")
	p.DB.Exec(t, "UPDATE bookings SET customer_name = '<script>alert(1)</script>'")
	desk := p.As(access.Support)
	listed := desk.Get("/console/emails?status=failed&booking=" + string(known.Reference)).Require(http.StatusOK)
	require.Contains(t, listed.Text("main"), "550 no such user")
	number := p.DB.Text(t, "SELECT id FROM emails")
	shown := desk.Get("/console/emails/" + number).Require(http.StatusOK)
	require.Contains(t, shown.Text("article.email pre"), "<script>alert(1)</script>")
	require.Zero(t, shown.Find("main script, main iframe").Length())
	require.Contains(t, shown.Text("article.email h3"), string(known.Reference))

	for range 2 {
		copied := desk.Submit(shown, `form[action$="/resend"]`)
		require.Equal(t, "/console/emails/"+p.DB.Text(t, "SELECT MAX(id) FROM emails"), copied.URL.Path)
	}
	require.Equal(t, 2, p.DB.Count(t, "SELECT COUNT(*) FROM emails"))
	require.Equal(t, 1, p.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'email.resend' AND actor LIKE 'Dana Support%'"))
}
