package test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
	"farebook/privacy"
	"farebook/workflows"
)

// refundedWithNotes is a booking with everything that a traveller and operators write about it, which is over: its flight does not matter
// any more.
func refundedWithNotes(s *testkit.Stack, key string, body []byte) testkit.Booked {
	s.T.Helper()
	booked := s.Book(key, body)
	payTyping(s, booked.Payment.PaymentIntentID)
	s.AwaitStatus(booked.Reference, "confirmed")
	refund := ask(s, booked.Reference, key+"-refund", `{"amount":{"value":100,"currency":"USD"},"note":"Canary note about Layla"}`)
	awaitRefund(s, refund.ID, "succeeded")
	dispute, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(s.T, err)
	awaitDispute(s, dispute, "needs_response")
	s.AwaitQuiet()
	out, err := starterWith(s, "privacy", "erase", "--reference", booked.Reference)
	require.ErrorContains(s.T, err, "the dispute "+dispute+" is not decided")
	require.Empty(s.T, out)
	require.NoError(s.T, s.Stripe.MoveDispute(dispute, "lost"))
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitRunEnd("Dispute:" + dispute)
	s.AwaitRunEnd("Refund:" + refund.ID)
	s.AwaitWorkflowEnd(booked.Reference)
	s.AwaitQuiet()
	return booked
}

// After an erasure nothing of the traveller is in any table, log, file or Temporal's database. The books hold, and a repeated request makes
// nothing again.
func TestAnErasedTravellerIsNowhere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server, err := devstack.StartTemporal(t.Context(), folder, devstack.ForTests(), devstack.Headless())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Kill()) })
	s := testkit.New(t, testkit.Options{Processes: true, TemporalAddress: server.Address()})
	body := testkit.BookingBody(nil)
	booked := refundedWithNotes(s, "erased", body)
	c := canariesOf(s, booked)
	personal := []string{"Layla", "Haddad", "canary-mail", "Canary note", "canary-typed"}

	out, err := starterWith(s, "privacy", "export", "--reference", booked.Reference)
	require.NoError(t, err)
	require.True(t, json.Valid([]byte(out)))
	for _, part := range []string{"Layla", "canary-mail", "Canary note", booked.Payment.PaymentIntentID, "refund.create"} {
		require.Contains(t, out, part)
	}
	require.NotContains(t, out, "_secret_")
	address := s.DB.Text(t, "SELECT customer_email FROM bookings")
	_, err = starterWith(s, "privacy", "erase", "--email", "nobody@canary-mail.example.invalid")
	require.ErrorContains(t, err, "no booking has this email address")
	out, err = starterWith(s, "privacy", "erase", "--email", strings.ToUpper(address))
	require.NoError(t, err)
	require.Contains(t, out, booked.Payment.PaymentIntentID, "what is to be erased at Stripe")

	for _, texts := range s.EveryText() {
		c.require(t, texts.Column, strings.Join(texts.Values, "\n"), personal...)
	}
	c.require(t, "the logs", s.Logs.String(), personal...)
	for name, text := range s.EveryFile() {
		c.require(t, name, text, personal...)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		c.require(t, file, string(text), personal...)
	}

	again, err := s.API.Ask(http.MethodPost, "/v1/bookings", "erased", body)
	require.NoError(t, err)
	require.Equal(t, http.StatusGone, again.Status, "%s", again.Body)
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	for _, part := range []string{"", "/story", "/evidence"} {
		read, err := s.API.Ask(http.MethodGet, "/v1/bookings/"+booked.Reference+part, "", nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, read.Status, "%s", read.Body)
	}
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'privacy.erase'"))
	s.RequirePromises()
}

// A command that dies between two bookings is repeated, and erases the others. Each booking is in the audit log once.
func TestAnErasureThatDiedIsRepeated(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-erase-booking", "after-erase-booking"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{})
			for _, key := range []string{"one", "two"} {
				booked := s.Book(key, testkit.BookingBody(nil))
				require.Equal(t, http.StatusOK, s.Post("/v1/bookings/"+booked.Reference+"/cancel", "cancel-"+key, nil).Status)
				s.AwaitStatus(booked.Reference, "cancelled")
				s.AwaitWorkflowEnd(booked.Reference)
			}
			s.AwaitQuiet()
			address := s.DB.Text(t, "SELECT MIN(customer_email) FROM bookings")
			s.KilledAt(point, s.StarterCommand("privacy", "erase", "--email", address))
			out, err := starterWith(s, "privacy", "erase", "--email", address)
			require.NoError(t, err, out)
			require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE erased_at IS NULL OR customer_email = ?", address))
			require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'privacy.erase'"))
			s.RequirePromises()
		})
	}
}

// The nightly run empties what is older than its period, also when its worker dies within it; a repeated request is then answered that its
// answer is not kept, and makes nothing.
func TestRetentionSurvivesTheDeathOfItsWorker(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-retention-step", "after-retention-step"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{
				Processes: true, WorkerFailpoint: point,
				Env: []string{"RETENTION=answers:30,emails:30,notes:30,items:30,events:30,views:30,evidence:30,travellers:3650"},
			})
			body := testkit.BookingBody(nil)
			old := s.Book("old", body)
			require.Equal(t, http.StatusOK, s.Pay(old.Payment.PaymentIntentID, "pm_card_visa"))
			s.AwaitStatus(old.Reference, "confirmed")
			s.AwaitQuiet()
			for _, column := range []string{"idempotency_keys.created_at", "emails.created_at", "stripe_events.received_at"} {
				table, name, _ := strings.Cut(column, ".")
				s.DB.Exec(t, "UPDATE "+table+" SET "+name+" = "+name+" - INTERVAL 40 DAY")
			}
			recent := s.Book("recent", body)
			retain(s)
			s.RequireDeaths("worker", 1)
			require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM idempotency_keys WHERE answer_body = ''"))
			require.Zero(t, s.DB.Count(t,
				"SELECT COUNT(*) FROM stripe_events WHERE processed AND payload <> '' AND received_at < NOW() - INTERVAL 30 DAY"))
			require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE erased_at IS NOT NULL"))
			for _, group := range privacy.Groups() {
				for _, table := range privacy.OfGroup(group) {
					require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM retention_progress WHERE subject = ?", table.Name), table.Name)
				}
			}

			again, err := s.API.Ask(http.MethodPost, "/v1/bookings", "old", body)
			require.NoError(t, err)
			require.Equal(t, http.StatusGone, again.Status, "%s", again.Body)
			require.Contains(t, string(again.Body), "answer-not-kept")
			require.Contains(t, string(again.Body), old.Reference)
			require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
			other, err := s.API.Ask(http.MethodPost, "/v1/bookings", "old", testkit.BookingBody(testkit.DepartingIn(900)))
			require.NoError(t, err)
			require.Equal(t, http.StatusUnprocessableEntity, other.Status, "%s", other.Body)
			kept, err := s.API.Ask(http.MethodPost, "/v1/bookings", "recent", body)
			require.NoError(t, err)
			require.Equal(t, http.StatusCreated, kept.Status)
			require.Contains(t, string(kept.Body), recent.Reference)
			require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
			s.RequirePromises()
		})
	}
}

// retain runs the nightly workflow now, and keeps its history for the replay tests.
func retain(s *testkit.Stack) {
	s.T.Helper()
	id := workflows.TypeRetention + ":" + s.Config.TaskQueue
	_, err := s.Temporal.ExecuteWorkflow(s.T.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: s.Config.TaskQueue},
		workflows.TypeRetention)
	require.NoError(s.T, err)
	s.AwaitRunEnd(id)
	s.SaveRun(id, "retention")
}
