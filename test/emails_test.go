package test

import (
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"farebook/activities"
	"farebook/internal/mail"
	"farebook/internal/testkit"
	"farebook/store"
)

// Many workers that are awake at once, each of which takes the mail for its own to send: one does, and the others are told to
// look again.
func TestMailSentByManyAtOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
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
			if errors.As(err, &busy) && busy.Type() == activities.MailBeingSent {
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
