package mailbox_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/mailbox"
)

const mail = "From: Farebook <bookings@farebook.example>\r\n" +
	"To: <mona@example.com>\r\n" +
	"Message-ID: <FB-1.confirmed@farebook.example>\r\n" +
	"Subject: =?utf-8?q?=D8=AD=D8=AC=D8=B2?=\r\n" +
	"MIME-Version: 1.0\r\n" +
	"Content-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nCaf=C3=A9\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p onclick=\"alert(1)\">Hello</p>\r\n--b--\r\n"

const sender, recipient = "bookings@farebook.example", "mona@example.com"

func start(t *testing.T, options mailbox.Options) *mailbox.Mailbox {
	t.Helper()
	m, err := mailbox.Start(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

func send(m *mailbox.Mailbox, to string) error {
	return smtp.SendMail(m.SMTPAddr(), nil, sender, []string{to}, []byte(mail))
}

func TestMailArrivesDecoded(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Options{})
	require.NoError(t, send(m, recipient))

	got, err := m.Await(t.Context(), func(message mailbox.Message) bool { return message.To[0] == recipient })
	require.NoError(t, err)
	require.Equal(t, 1, got.ID)
	require.Equal(t, sender, got.From)
	require.Equal(t, "FB-1.confirmed@farebook.example", got.MessageID)
	require.Equal(t, "حجز", got.Subject)
	require.Equal(t, "Café", got.Text)
	require.Equal(t, `<p onclick="alert(1)">Hello</p>`, got.HTML)
	require.Equal(t, mail, got.Raw)
	require.Equal(t, "<mona@example.com>", got.Header.Get("To"))
	require.Empty(t, got.Problem)
}

func TestBrokenMIMEIsKeptAndSaysWhy(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Options{})
	broken := []byte("no header at all\r\n")
	require.NoError(t, smtp.SendMail(m.SMTPAddr(), nil, sender, []string{recipient}, broken))
	require.Len(t, m.Messages(), 1)
	require.NotEmpty(t, m.Messages()[0].Problem)
	require.Equal(t, string(broken), m.Messages()[0].Raw)
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := m.Await(ctx, func(mailbox.Message) bool { return true })
	require.ErrorIs(t, err, context.Canceled)
}

func TestLoginIsAskedForAndChecked(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Options{Username: "farebook", Password: "right"})
	host, _, err := net.SplitHostPort(m.SMTPAddr())
	require.NoError(t, err)

	require.ErrorContains(t, send(m, recipient), "530")
	wrong := smtp.PlainAuth("", "farebook", "wrong", host)
	require.ErrorContains(t, smtp.SendMail(m.SMTPAddr(), wrong, sender, []string{recipient}, []byte(mail)), "535")
	require.Empty(t, m.Messages())
	right := smtp.PlainAuth("", "farebook", "right", host)
	require.NoError(t, smtp.SendMail(m.SMTPAddr(), right, sender, []string{recipient}, []byte(mail)))
	require.Len(t, m.Messages(), 1)
}

func trusting(t *testing.T, m *mailbox.Mailbox) *tls.Config {
	t.Helper()
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(m.CertificatePEM()))
	return &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
}

// exchange sends one email over a connected client.
func exchange(t *testing.T, client *smtp.Client) {
	t.Helper()
	require.NoError(t, client.Auth(smtp.PlainAuth("", "farebook", "right", "127.0.0.1")))
	require.NoError(t, client.Mail(sender))
	require.NoError(t, client.Rcpt(recipient))
	w, err := client.Data()
	require.NoError(t, err)
	_, err = io.WriteString(w, mail)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, client.Quit())
}

func TestStartTLS(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Options{TLS: mailbox.TLSStartTLS, Username: "farebook", Password: "right"})
	client, err := smtp.Dial(m.SMTPAddr())
	require.NoError(t, err)
	ok, _ := client.Extension("AUTH")
	require.False(t, ok, "AUTH is not offered over plain text")
	require.NoError(t, client.StartTLS(trusting(t, m)))
	exchange(t, client)
	require.Len(t, m.Messages(), 1)
}

func TestImplicitTLS(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Options{TLS: mailbox.TLSImplicit, Username: "farebook", Password: "right"})
	conn, err := tls.Dial("tcp", m.SMTPAddr(), trusting(t, m))
	require.NoError(t, err)
	client, err := smtp.NewClient(conn, "127.0.0.1")
	require.NoError(t, err)
	exchange(t, client)
	require.Len(t, m.Messages(), 1)
}

func TestScriptedAnswers(t *testing.T) {
	t.Parallel()
	for _, stage := range []mailbox.Stage{mailbox.StageHello, mailbox.StageMail, mailbox.StageRcpt, mailbox.StageData} {
		for _, code := range []int{421, 450, 550} {
			m := start(t, mailbox.Options{})
			require.NoError(t, m.Script(mailbox.Fault{Stage: stage, Code: code, Text: "Not now"}))
			err := send(m, recipient)
			var answer *textproto.Error
			if stage == mailbox.StageHello {
				// net/smtp falls back to HELO when EHLO is refused, so only the closed channel of a 421 fails for it.
				if code == 421 {
					require.Error(t, err)
				}
				continue
			}
			require.ErrorAs(t, err, &answer, "%s %d", stage, code)
			require.Equal(t, code, answer.Code, "%s", stage)
			require.Empty(t, m.Messages())
			require.NoError(t, send(m, recipient), "the fault occurs once")
			require.Len(t, m.Messages(), 1)
		}
	}
}

func TestDropAfterDataKeepsTheMail(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Options{})
	require.NoError(t, m.Script(mailbox.Fault{Stage: mailbox.StageData, Drop: true, Keep: true}))
	var answer *textproto.Error
	err := send(m, recipient)
	require.Error(t, err)
	require.False(t, errors.As(err, &answer), "there was no SMTP response")
	require.Len(t, m.Messages(), 1)
}

func TestHangEndsWithTheMailbox(t *testing.T) {
	t.Parallel()
	m, err := mailbox.Start(mailbox.Options{})
	require.NoError(t, err)
	require.NoError(t, m.Script(mailbox.Fault{Stage: mailbox.StageMail, Hang: true}))
	conn, err := net.Dial("tcp", m.SMTPAddr())
	require.NoError(t, err)
	client, err := smtp.NewClient(conn, "localhost")
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	require.Error(t, client.Mail(sender))
	require.NoError(t, m.Close())
}

func TestFaultForOneRecipientLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Options{})
	require.NoError(t, m.Script(mailbox.Fault{Stage: mailbox.StageData, Code: 550, To: "unlucky@example.com", Times: -1}))
	require.NoError(t, send(m, recipient))
	require.Error(t, send(m, "unlucky@example.com"))
	require.Error(t, send(m, "unlucky@example.com"))
	m.ClearScript()
	require.NoError(t, send(m, "unlucky@example.com"))
}

func TestScriptRefusesNonsense(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Options{})
	for name, fault := range map[string]mailbox.Fault{
		"no stage":         {Code: 450},
		"no kind":          {Stage: mailbox.StageData},
		"two kinds":        {Stage: mailbox.StageData, Hang: true, Drop: true},
		"no error":         {Stage: mailbox.StageData, Code: 250},
		"keep too early":   {Stage: mailbox.StageRcpt, Code: 450, Keep: true},
		"to before a rcpt": {Stage: mailbox.StageMail, Code: 450, To: recipient},
	} {
		require.Error(t, m.Script(fault), name)
	}
	_, err := mailbox.Start(mailbox.Options{TLS: "ssl"})
	require.ErrorContains(t, err, "none, starttls or tls")
}

func get(t *testing.T, url string) (int, string, http.Header) {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, string(body), response.Header
}

func TestPageAndJSON(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Options{})
	_, empty, _ := get(t, m.URL())
	require.Contains(t, empty, "Nothing here yet")
	require.NoError(t, send(m, recipient))
	require.NoError(t, send(m, "other@example.com"))

	_, list, _ := get(t, m.URL()+"/?to="+recipient)
	require.Contains(t, list, "حجز")
	require.NotContains(t, list, "other@example.com")
	_, page, _ := get(t, m.URL()+"/messages/1")
	require.Contains(t, page, "Café")
	require.NotContains(t, page, `<p onclick`, "a mail's HTML is escaped on our page")
	_, html, header := get(t, m.URL()+"/messages/1/html")
	require.Contains(t, html, "<p onclick")
	require.Contains(t, header.Get("Content-Security-Policy"), "sandbox")
	status, _, _ := get(t, m.URL()+"/messages/99")
	require.Equal(t, http.StatusNotFound, status)

	_, body, _ := get(t, m.URL()+"/api/messages")
	var messages []mailbox.Message
	require.NoError(t, json.Unmarshal([]byte(body), &messages))
	require.Equal(t, m.Messages(), messages)
	_, body, _ = get(t, m.URL()+"/api/messages?to=nobody@example.com")
	require.JSONEq(t, "[]", body)
}

func TestFaultsAndClearingOverHTTP(t *testing.T) {
	t.Parallel()
	m := start(t, mailbox.Options{})
	post := func(body string) int {
		response, err := http.Post(m.URL()+"/api/faults", "application/json", strings.NewReader(body))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	require.Equal(t, http.StatusNoContent, post(`{"stage":"rcpt","code":450}`))
	require.Error(t, send(m, recipient))
	require.NoError(t, send(m, recipient))
	require.Equal(t, http.StatusBadRequest, post(`[{"stage":"nowhere","code":450}]`))
	require.Equal(t, http.StatusBadRequest, post(`{`))
	require.Equal(t, http.StatusNoContent, post(`[{"stage":"rcpt","code":450,"times":-1}]`))
	for _, path := range []string{"/api/faults", "/api/messages"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, m.URL()+path, nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusNoContent, response.StatusCode)
	}
	require.Empty(t, m.Messages())
	require.NoError(t, send(m, recipient))
}
