package mail_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/mailbox"
	"farebook/internal/mail"
)

func server(t *testing.T, options mailbox.Options) (*mailbox.Mailbox, mail.Config) {
	t.Helper()
	box, err := mailbox.Start(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	host, port, err := net.SplitHostPort(box.SMTPAddr())
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	return box, mail.Config{Host: host, Port: number, TLS: "none", From: "Farebook <bookings@farebook.example>"}
}

func newSender(t *testing.T, config mail.Config) *mail.Sender {
	t.Helper()
	sender, err := mail.NewSender(config)
	require.NoError(t, err)
	return sender
}

// send leaves out the server's answer.
func send(ctx context.Context, sender *mail.Sender, m mail.Message) error {
	_, err := sender.Send(ctx, m)
	return err
}

func message() mail.Message {
	return mail.Message{
		MessageID: "<fb-1.booking_confirmed@bookings.farebook.example>", To: "layla@example.com", ToName: "ليلى حداد",
		Subject: "تم تأكيد حجزك", Text: "نص", HTML: "<p>نص</p>", CorrelationID: "c-1", Locale: "ar",
	}
}

func TestDelivered(t *testing.T) {
	t.Parallel()
	box, config := server(t, mailbox.Options{Username: "user", Password: "secret"})
	config.Username, config.Password = "user", "secret"
	sender := newSender(t, config)
	answer, err := sender.Send(t.Context(), message())
	require.NoError(t, err)
	require.NotEmpty(t, answer, "what the server said is kept, for whoever asks where an email is")
	require.Len(t, box.Messages(), 1)
	got := box.Messages()[0]
	require.Empty(t, got.Problem)
	require.Equal(t, "fb-1.booking_confirmed@bookings.farebook.example", got.MessageID)
	require.Equal(t, []string{"layla@example.com"}, got.To)
	require.Equal(t, "تم تأكيد حجزك", got.Subject)
	require.Contains(t, got.Text, "نص")
	require.Contains(t, got.HTML, "<p>نص</p>")
	require.Equal(t, "c-1", got.Header.Get("X-Correlation-ID"))
	require.Equal(t, "auto-generated", got.Header.Get("Auto-Submitted"))
	require.Equal(t, "ar", got.Header.Get("Content-Language"))
	require.Equal(t, `"Farebook" <bookings@farebook.example>`, got.Header.Get("From"))
	require.Contains(t, got.Header.Get("Content-Type"), "multipart/alternative")
	require.Less(t, strings.Index(got.Raw, "text/plain"), strings.Index(got.Raw, "text/html"), "the best part comes last (RFC 2046, 5.1.4)")
	_, err = got.Header.Date()
	require.NoError(t, err)
}

// Each email is sent with the password of the moment.
func TestPasswordFollowsARotation(t *testing.T) {
	t.Parallel()
	box, config := server(t, mailbox.Options{Username: "user", Password: "second"})
	password := "first"
	config.Username, config.Password, config.PasswordNow = "user", password, func() string { return password }
	sender := newSender(t, config)
	require.Error(t, send(t.Context(), sender, message()))
	password = "second"
	require.NoError(t, send(t.Context(), sender, message()))
	require.Len(t, box.Messages(), 1)
}

func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	box, config := server(t, mailbox.Options{})
	sender := newSender(t, config)
	m := message()
	m.ToName, m.Subject = "Layla\r\nBcc: thief@example.com", "Hello\r\nBcc: thief@example.com"
	require.NoError(t, send(t.Context(), sender, m))
	require.Len(t, box.Messages(), 1)
	got := box.Messages()[0]
	require.Empty(t, got.Header.Get("Bcc"))
	require.Equal(t, []string{"layla@example.com"}, got.To)
	require.Equal(t, "HelloBcc: thief@example.com", got.Subject)
	m = message()
	m.To = "layla@example.com\r\nRCPT TO:<thief@example.com>"
	var permanent *mail.PermanentError
	require.ErrorAs(t, send(t.Context(), sender, m), &permanent)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, stage := range []mailbox.Stage{mailbox.StageMail, mailbox.StageRcpt, mailbox.StageData} {
		for _, code := range []int{421, 450, 451, 550, 552} {
			box, config := server(t, mailbox.Options{})
			sender := newSender(t, config)
			require.NoError(t, box.Script(mailbox.Fault{Stage: stage, Code: code, Text: "no such user layla@example.com"}))
			err := send(t.Context(), sender, message())
			require.Error(t, err)
			require.NotContains(t, err.Error(), "layla")
			var permanent *mail.PermanentError
			var temporary *mail.TemporaryError
			if code >= 500 {
				require.ErrorAs(t, err, &permanent, "%s %d", stage, code)
				require.Equal(t, code, permanent.Code)
			} else {
				require.ErrorAs(t, err, &temporary, "%s %d", stage, code)
			}
			require.NoError(t, send(t.Context(), sender, message()), "the next one goes")
		}
	}
}

func TestServerThatVanishes(t *testing.T) {
	t.Parallel()
	box, config := server(t, mailbox.Options{})
	sender := newSender(t, config)
	var temporary *mail.TemporaryError
	require.NoError(t, box.Script(mailbox.Fault{Stage: mailbox.StageData, Drop: true}))
	require.ErrorAs(t, send(t.Context(), sender, message()), &temporary, "dropped after DATA")
	require.Empty(t, box.Messages())
	require.NoError(t, box.Script(mailbox.Fault{Stage: mailbox.StageData, Drop: true, Keep: true}))
	require.ErrorAs(t, send(t.Context(), sender, message()), &temporary, "taken, and the answer lost")
	require.Len(t, box.Messages(), 1)
	require.NoError(t, send(t.Context(), sender, message()))
	require.Len(t, box.Messages(), 2)
	require.Equal(t, box.Messages()[0].MessageID, box.Messages()[1].MessageID, "a mail reader shows the two as one")

	config.Port = 1 // which is never given out
	require.ErrorAs(t, send(t.Context(), newSender(t, config), message()), &temporary, "nobody listens")
}

// A server that hangs is left at the context's end, whatever it hangs at, and long before our own limit.
func TestServerThatHangs(t *testing.T) {
	t.Parallel()
	for _, stage := range []mailbox.Stage{mailbox.StageHello, mailbox.StageMail, mailbox.StageRcpt, mailbox.StageData} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			box, config := server(t, mailbox.Options{})
			config.Timeout = time.Hour
			require.NoError(t, box.Script(mailbox.Fault{Stage: stage, Hang: true}))
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			err := send(ctx, newSender(t, config), message())
			var temporary *mail.TemporaryError
			require.ErrorAs(t, err, &temporary)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NotContains(t, err.Error(), "layla")
		})
	}
}

// overdue is a context whose deadline has passed and which has not ended yet, as its timer is late on a busy machine.
type overdue struct{ context.Context }

func (overdue) Deadline() (time.Time, bool) { return time.Now().Add(-time.Millisecond), true }

// A connection whose time is over before its context has ended is late all the same, and not one that cannot be made.
func TestConnectionTimesOutAMomentBeforeItsContext(t *testing.T) {
	t.Parallel()
	_, config := server(t, mailbox.Options{})
	ctx := overdue{t.Context()}
	err := send(ctx, newSender(t, config), message())
	require.NoError(t, ctx.Err())
	var temporary *mail.TemporaryError
	require.ErrorAs(t, err, &temporary)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "did not answer in time")
}

func TestServerThatHangsMeetsOurOwnLimit(t *testing.T) {
	t.Parallel()
	box, config := server(t, mailbox.Options{})
	config.Timeout = 100 * time.Millisecond
	require.NoError(t, box.Script(mailbox.Fault{Stage: mailbox.StageData, Hang: true}))
	var temporary *mail.TemporaryError
	require.ErrorAs(t, send(t.Context(), newSender(t, config), message()), &temporary)
}

func TestCancellationEndsAnExchange(t *testing.T) {
	t.Parallel()
	box, config := server(t, mailbox.Options{})
	config.Timeout = time.Hour
	require.NoError(t, box.Script(mailbox.Fault{Stage: mailbox.StageData, Hang: true, Keep: true}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- send(ctx, newSender(t, config), message()) }()
	_, err := box.Await(t.Context(), func(mailbox.Message) bool { return true })
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}

// A refusal of us rather than of the email is for an operator to put right, and loses no email meanwhile.
func TestRefusedGreetingsAndLoginsAreTemporary(t *testing.T) {
	t.Parallel()
	var temporary *mail.TemporaryError
	box, config := server(t, mailbox.Options{Username: "user", Password: "secret"})
	config.Username, config.Password = "user", "yesterday's"
	require.ErrorAs(t, send(t.Context(), newSender(t, config), message()), &temporary)
	require.Equal(t, 535, temporary.Code)
	require.NotContains(t, temporary.Error(), "yesterday")

	config.Username, config.Password = "", ""
	require.ErrorAs(t, send(t.Context(), newSender(t, config), message()), &temporary)
	require.Equal(t, 530, temporary.Code)

	for _, code := range []int{421, 450, 554} {
		require.NoError(t, box.Script(mailbox.Fault{Stage: mailbox.StageHello, Code: code, Times: 2})) // EHLO, then HELO
		require.ErrorAs(t, send(t.Context(), newSender(t, config), message()), &temporary, "%d", code)
		box.ClearScript()
	}
}

func TestEncryptedDelivery(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"starttls", "tls"} {
		box, config := server(t, mailbox.Options{TLS: mode, Username: "user", Password: "secret"})
		config.TLS, config.Username, config.Password = mode, "user", "secret"
		config.RootCAs = x509.NewCertPool()
		require.True(t, config.RootCAs.AppendCertsFromPEM(box.CertificatePEM()))
		require.NoError(t, send(t.Context(), newSender(t, config), message()), mode)
		require.Len(t, box.Messages(), 1, mode)

		config.RootCAs = nil
		var temporary *mail.TemporaryError
		require.ErrorAs(t, send(t.Context(), newSender(t, config), message()), &temporary)
		require.ErrorContains(t, temporary, "certificate", mode)
		require.Len(t, box.Messages(), 1, "an unknown server gets no mail: %s", mode)
	}
}

func TestStartTLSIsInsistedOn(t *testing.T) {
	t.Parallel()
	box, config := server(t, mailbox.Options{})
	config.TLS = "starttls"
	var temporary *mail.TemporaryError
	require.ErrorAs(t, send(t.Context(), newSender(t, config), message()), &temporary)
	require.ErrorContains(t, temporary, "TLS")
	require.Empty(t, box.Messages(), "a server without STARTTLS gets no mail")
}

// What go-mail would put between quotes as it is.
func TestNamesOfAllKindsArrive(t *testing.T) {
	t.Parallel()
	box, config := server(t, mailbox.Options{})
	sender := newSender(t, config)
	for _, name := range []string{
		`Dwayne "Rock" Johnson`, `Back\slash`, "O'Hara, Conan", "ليلى حداد", "=?utf-8?q?a?=",
		strings.Repeat("محمد ", 39) + "علي",
	} {
		m := message()
		m.ToName = name
		require.NoError(t, send(t.Context(), sender, m), name)
		got := box.Messages()[len(box.Messages())-1]
		to, err := netmail.ParseAddress(got.Header.Get("To"))
		require.NoError(t, err, name)
		require.Equal(t, netmail.Address{Name: name, Address: "layla@example.com"}, *to)
		require.Empty(t, got.Problem)
	}
}

// Any other way of ending than the server's "yes" to DATA is not trusted; after that "yes", nothing undoes it.
func TestFarewellThatFailsIsNoFailure(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	served := make(chan error, 1)
	go func() { served <- serveAndVanish(listener) }()
	address := listener.Addr().(*net.TCPAddr)
	config := mail.Config{Host: address.IP.String(), Port: address.Port, TLS: "none", From: "bookings@farebook.example"}
	require.NoError(t, send(t.Context(), newSender(t, config), message()))
	require.NoError(t, <-served)
}

// serveAndVanish takes one email and hangs up right after it: the mailbox has no such fault.
func serveAndVanish(listener net.Listener) error {
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	text := textproto.NewConn(conn)
	for _, answer := range []string{"220 ready", "250 hello", "250 sender", "250 recipient", "354 send it"} {
		if err := text.PrintfLine("%s", answer); err != nil {
			return err
		}
		if _, err := text.ReadLine(); err != nil {
			return err
		}
	}
	if _, err := text.ReadDotLines(); err != nil {
		return err
	}
	return errors.Join(text.PrintfLine("250 taken"), text.Close())
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	_, err := mail.NewSender(mail.Config{Host: "h", Port: 25, TLS: "maybe", From: "a@example.com"})
	require.ErrorContains(t, err, "SMTP_TLS")
	_, err = mail.NewSender(mail.Config{Host: "h", Port: 25, TLS: "none", From: "nobody"})
	require.ErrorContains(t, err, "SMTP_FROM")
}
