package mail_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/mail"
	"farebook/internal/mailbox"
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
	sender, err := mail.NewSender(config)
	require.NoError(t, err)
	require.NoError(t, sender.Send(t.Context(), message()))
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
}

func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	box, config := server(t, mailbox.Options{})
	sender, err := mail.NewSender(config)
	require.NoError(t, err)
	m := message()
	m.ToName, m.Subject = "Layla\r\nBcc: thief@example.com", "Hello\r\nBcc: thief@example.com"
	_ = sender.Send(t.Context(), m) // refused or made harmless
	for _, got := range box.Messages() {
		require.Empty(t, got.Header.Get("Bcc"))
		require.Equal(t, []string{"layla@example.com"}, got.To)
	}
	m = message()
	m.To = "layla@example.com\r\nRCPT TO:<thief@example.com>"
	var permanent *mail.PermanentError
	require.ErrorAs(t, sender.Send(t.Context(), m), &permanent)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, stage := range []mailbox.Stage{mailbox.StageMail, mailbox.StageRcpt, mailbox.StageData} {
		for _, code := range []int{421, 450, 451, 550, 552} {
			box, config := server(t, mailbox.Options{})
			sender, err := mail.NewSender(config)
			require.NoError(t, err)
			require.NoError(t, box.Script(mailbox.Fault{Stage: stage, Code: code, Text: "no such user layla@example.com"}))
			err = sender.Send(t.Context(), message())
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
			require.NoError(t, sender.Send(t.Context(), message()), "the next one goes")
		}
	}
}

func TestServerThatVanishes(t *testing.T) {
	t.Parallel()
	box, config := server(t, mailbox.Options{})
	sender, err := mail.NewSender(config)
	require.NoError(t, err)
	var temporary *mail.TemporaryError
	require.NoError(t, box.Script(mailbox.Fault{Stage: mailbox.StageData, Drop: true, Keep: true}))
	require.ErrorAs(t, sender.Send(t.Context(), message()), &temporary, "taken, and the answer lost")
	require.Len(t, box.Messages(), 1)

	config.Port = 1
	sender, err = mail.NewSender(config)
	require.NoError(t, err)
	require.ErrorAs(t, sender.Send(t.Context(), message()), &temporary, "nobody listens")
}

func TestServerThatHangs(t *testing.T) {
	t.Parallel()
	box, config := server(t, mailbox.Options{})
	config.Timeout = 200 * time.Millisecond
	sender, err := mail.NewSender(config)
	require.NoError(t, err)
	require.NoError(t, box.Script(mailbox.Fault{Stage: mailbox.StageData, Hang: true}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var temporary *mail.TemporaryError
	require.ErrorAs(t, sender.Send(ctx, message()), &temporary)
	require.NoError(t, ctx.Err(), "our own deadline ended it")
}

func TestStartTLSIsInsistedOn(t *testing.T) {
	t.Parallel()
	_, config := server(t, mailbox.Options{})
	config.TLS = "starttls"
	sender, err := mail.NewSender(config)
	require.NoError(t, err)
	require.Error(t, sender.Send(t.Context(), message()), "a server without STARTTLS gets no mail")
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	_, err := mail.NewSender(mail.Config{Host: "h", Port: 25, TLS: "maybe", From: "a@example.com"})
	require.ErrorContains(t, err, "SMTP_TLS")
	_, err = mail.NewSender(mail.Config{Host: "h", Port: 25, TLS: "none", From: "nobody"})
	require.ErrorContains(t, err, "SMTP_FROM")
}
