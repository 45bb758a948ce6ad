package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/internal/dev/mailbox"
	"farebook/store"
)

// confirmation is the email of a booking that was paid, not sent yet.
func (s *stack) confirmation() activities.SendEmailInput {
	s.t.Helper()
	s.paid()
	return activities.SendEmailInput{EmailID: uint64(s.Count(s.t, "SELECT id FROM emails"))} //nolint:gosec // an id
}

func (s *stack) mailFault(fault mailbox.Fault) { require.NoError(s.t, s.mailbox.Script(fault)) }

func (s *stack) email(id uint64) store.Email {
	s.t.Helper()
	row, err := s.Store.Email(s.t.Context(), id)
	require.NoError(s.t, err)
	return row
}

// What was sent is not sent again, however often it is asked for, and cannot be given up any more.
func TestEmailIsSentOnce(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.confirmation()
	for range 3 {
		var sent activities.EmailResult
		s.run(s.Emails.SendEmail, in, &sent)
		require.Equal(t, store.EmailSent, sent.Status)
	}
	s.run(s.Emails.GiveUpEmail, in, nil)
	require.Len(t, s.mailbox.Messages(), 1)
	require.Equal(t, store.EmailSent, s.email(in.EmailID).Status)
	require.Equal(t, 1, s.email(in.EmailID).Attempts)
}

// An email that another worker is sending is left to it, and taken over once its time is up: it died.
func TestEmailThatAnotherWorkerSendsIsLeftToIt(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.confirmation()
	now := time.Now().UTC()
	_, claimed, err := s.Store.ClaimEmail(t.Context(), in.EmailID, now, now.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, claimed)
	requireErrorType(t, activities.EmailBeingSent, s.attempts().attempt(s.Emails.SendEmail, in, nil))
	require.Empty(t, s.mailbox.Messages())
	require.Zero(t, s.email(in.EmailID).Attempts)

	s.Exec(t, "UPDATE emails SET sending_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
	s.run(s.Emails.SendEmail, in, nil)
	require.Len(t, s.mailbox.Messages(), 1)
}

// A refusal that may pass is noted, without the server's own words, and the next attempt sends at once.
func TestEmailIsSentByTheAttemptAfterATemporaryRefusal(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.confirmation()
	s.mailFault(mailbox.Fault{Stage: mailbox.StageRcpt, Code: 450, Text: "layla@example.com is busy"})
	sending := s.attempts()
	err := sending.attempt(s.Emails.SendEmail, in, nil)
	requireErrorType(t, activities.MailServerUnavailable, err)
	require.NotContains(t, err.Error(), "layla")
	row := s.email(in.EmailID)
	require.Equal(t, store.EmailQueued, row.Status)
	require.Equal(t, 1, row.Attempts)
	require.Contains(t, row.LastError, "450")
	require.NotContains(t, row.LastError, "layla")

	require.NoError(t, sending.attempt(s.Emails.SendEmail, in, nil))
	require.Len(t, s.mailbox.Messages(), 1)
	require.Equal(t, 2, s.email(in.EmailID).Attempts)
}

// A refusal for good is recorded, is no error, and ends the email.
func TestEmailThatIsRefusedForGoodIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.confirmation()
	s.mailFault(mailbox.Fault{Stage: mailbox.StageRcpt, Code: 550, Text: "no such user"})
	for range 2 {
		var refused activities.EmailResult
		s.run(s.Emails.SendEmail, in, &refused)
		require.Equal(t, store.EmailFailed, refused.Status)
	}
	require.Empty(t, s.mailbox.Messages())
	require.Contains(t, s.email(in.EmailID).LastError, "550")
}

// The server takes the email and its answer is lost: it goes a second time, under the same Message-ID.
func TestEmailWhoseAnswerIsLostGoesAgainUnderItsMessageID(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.confirmation()
	s.mailFault(mailbox.Fault{Stage: mailbox.StageData, Drop: true, Keep: true})
	sending := s.attempts()
	requireErrorType(t, activities.MailServerUnavailable, sending.attempt(s.Emails.SendEmail, in, nil))
	require.NoError(t, sending.attempt(s.Emails.SendEmail, in, nil))
	sent := s.mailbox.Messages()
	require.Len(t, sent, 2)
	require.Equal(t, sent[0].MessageID, sent[1].MessageID)
	require.Equal(t, s.email(in.EmailID).MessageID, "<"+sent[0].MessageID+">")
}

func TestEmailThatIsNotInTheBooksIsRefusedForGood(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	err := s.attempts().attempt(s.Emails.SendEmail, activities.SendEmailInput{EmailID: 999}, nil)
	requireErrorType(t, activities.NotInBooks, err)
	requireFinal(t, err)
}
