package test

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"farebook/activities"
	"farebook/internal/dev/mailbox"
	"farebook/internal/dev/testkit"
	"farebook/internal/mail"
	"farebook/store"
)

// Many workers try to send the same email at once. One sends it, and the others retry later.
func TestEmailIsSentByOneOfManyWorkers(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: time.Hour}) // the sweeper would send it as well
	booked := s.BookAndPay("many", nil)
	s.AwaitQuiet()
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.DB.Exec(t, "UPDATE emails SET status = 'queued', sent_at = NULL, sending_until = NULL")
	sender, err := mail.NewSender(s.Config.SMTP)
	require.NoError(t, err)
	emails := activities.Emails{Store: s.DB.Store, Sender: sender, Log: slog.New(slog.DiscardHandler)}
	in := activities.SendEmailInput{EmailID: uint64(s.DB.Count(t, "SELECT id FROM emails"))}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			result, err := emails.SendEmail(t.Context(), in)
			var busy *temporal.ApplicationError
			if errors.As(err, &busy) && busy.Type() == activities.EmailBeingSent {
				return
			}
			if err != nil || result.Status != store.EmailSent {
				t.Errorf("%+v, %v", result, err)
			}
		})
	}
	group.Wait()
	require.Len(t, s.Mails(booked.Reference), 2, "one more than before")
	require.Equal(t, 1, s.MailCount(booked.Reference, "booking_confirmed"))
}

// The resend command dies before or after it starts the workflow. The copy is sent once, by the workflow or by the sweeper.
func TestResendKilledSendsTheCopyOnce(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"resend-after-copy", "resend-after-start"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{})
			booked := s.BookAndPay("resend", nil)
			s.AwaitQuiet()
			s.KilledAt(point, s.StarterCommand("emails", "resend", s.DB.Text(t, "SELECT id FROM emails")))
			s.AwaitQuiet()
			require.Equal(t, 2, s.MailCount(booked.Reference, "booking_confirmed"))
			requireOneID(s, s.Mails(booked.Reference), s.CorrelationID(booked.Reference), 2)
			s.RequirePromises()
		})
	}
}

// requireOneID: so many mails, and so many lines about their sending, bear one correlation id.
func requireOneID(s *testkit.Stack, mails []mailbox.Message, id string, count int) {
	s.T.Helper()
	require.Len(s.T, mails, count)
	for _, message := range mails {
		require.Equal(s.T, id, message.Header.Get("X-Correlation-ID"))
	}
	var sent []logLine
	s.Eventually(func() bool { // a line is written after the row that AwaitQuiet has waited for
		sent = slices.DeleteFunc(linesAfter(s, 0), func(line logLine) bool { return line.Message != "email sent" || line.CorrelationID != id })
		return len(sent) >= count
	}, "fewer lines about emails than %d; logs:\n%s", count, s.Logs)
	require.Len(s.T, sent, count, "logs:\n%s", s.Logs)
	for _, line := range sent {
		require.Contains(s.T, line.MessageID, "@bookings.farebook.example>", "it can be read")
	}
}

// A copy of a mail about a reconciliation bears the run's id, as the mail itself did.
func TestResentMailAboutAReconciliation(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.ForeignPayment(500)
	run := reconcile(s, `{}`)
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE status = 'sent'") == 1 }, "no mail")
	_, err := starterWith(s, "emails", "resend", s.DB.Text(t, "SELECT id FROM emails"))
	require.NoError(t, err)
	s.AwaitQuiet()
	requireOneID(s, s.Mailbox.Messages(), run.CorrelationID, 2)
}
