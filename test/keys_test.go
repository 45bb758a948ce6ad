package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// A key is rotated again and again while bookings are taken under it: no request is refused, and each idempotency key, sent by
// the old and by the new token at once, makes one booking.
func TestRotationUnderLoadRefusesNothingAndMakesNothingTwice(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	var tokens atomic.Pointer[[2]string] // the one before, and the one now
	tokens.Store(&[2]string{s.API.Token, s.API.Token})
	const callers, rotations = 4, 4
	body := testkit.BookingBody(nil)
	var refused testkit.Buffer
	var rotated, asked atomic.Int64
	var load sync.WaitGroup
	for caller := range callers {
		load.Go(func() {
			for i := 0; rotated.Load() < rotations; i++ {
				asked.Add(1)
				key := fmt.Sprintf("load-%d-%d", caller, i)
				var both sync.WaitGroup
				for _, token := range *tokens.Load() {
					client := *s.API
					client.Token = token
					both.Go(func() {
						answer, err := client.Ask(http.MethodPost, "/v1/bookings", key, body)
						if err != nil || answer.Status != http.StatusCreated {
							_, _ = fmt.Fprintf(&refused, "%v %d %s\n", err, answer.Status, answer.Body) // never fails
						}
					})
				}
				both.Wait()
			}
		})
	}
	for range rotations {
		before := asked.Load()
		tokens.Store(&[2]string{tokens.Load()[1], rotate(t, s)})
		s.Eventually(func() bool { return asked.Load() >= before+2*callers }, "no bookings are taken between two rotations: %s", &refused)
		rotated.Add(1)
	}
	load.Wait()
	require.Empty(t, refused.String())
	require.EqualValues(t, asked.Load(), s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	require.EqualValues(t, asked.Load(), s.CreatedPaymentIntents())
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(DISTINCT client_id) FROM bookings"))
	require.Greater(t, s.DB.Count(t, "SELECT COUNT(DISTINCT api_key_id) FROM bookings"), 1, "several keys took part")
}

// rotate replaces the newest key by the operator's command, with the usual overlap.
func rotate(t *testing.T, s *testkit.Stack) string {
	newest := s.DB.Text(t, "SELECT key_id FROM api_keys ORDER BY id DESC LIMIT 1")
	command := s.StarterCommand("api-key", "rotate", newest)
	command.Stderr = nil
	token, err := command.Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(token))
}

// Whoever asks for a refund, a cancel, a reconciliation, a retry or a resend is in the audit log and, for what is about a
// booking, in its evidence: a client by its key and request, an operator by user and host.
func TestWhoAskedForWhatIsKept(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true})
	booked := s.BookAndPay("audited", nil)
	path := "/v1/bookings/" + booked.Reference
	refund := s.Post(path+"/refunds", "refund-1", []byte(`{"amount":{"value":100,"currency":"USD"}}`))
	require.Equal(t, http.StatusCreated, refund.Status, "%s", refund.Body)
	again := s.Post(path+"/refunds", "refund-1", []byte(`{"amount":{"value":100,"currency":"USD"}}`))
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	s.AwaitStatus(booked.Reference, "partially_refunded")
	require.Equal(t, http.StatusOK, s.Post(path+"/cancel", "cancel-1", nil).Status)
	require.Equal(t, 1, s.MailCount(booked.Reference, "booking_confirmed"), "one that is still queued is not resent")
	for _, args := range [][]string{
		{"events", "retry", s.DB.Text(t, "SELECT stripe_event_id FROM stripe_events WHERE type = 'payment_intent.succeeded'")},
		{"emails", "resend", s.DB.Text(t, "SELECT CAST(id AS CHAR) FROM emails WHERE kind = 'booking_confirmed'")},
		{"reconcile", "--dry-run", "--wait=false"},
	} {
		output, err := s.StarterCommand(args...).CombinedOutput()
		require.NoError(t, err, "%s: %s", args, output)
	}
	host, err := os.Hostname()
	require.NoError(t, err)
	byClient, byOperator := `^test \(ak_[0-9A-Z]{10}\)$`, `^\S+@`+host
	for action, want := range map[string]string{
		"refund.create": byClient, "booking.cancel": byClient, "event.retry": byOperator, "email.resend": byOperator,
		"reconciliation.start": byOperator,
	} {
		require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = ?", action), action)
		require.Regexp(t, want, s.DB.Text(t, "SELECT actor FROM audit_log WHERE action = ?", action), action)
		require.NotEmpty(t, s.DB.Text(t, "SELECT correlation_id FROM audit_log WHERE action = ?", action), action)
	}
	require.Equal(t, refund.Header.Get("X-Correlation-ID"),
		s.DB.Text(t, "SELECT correlation_id FROM audit_log WHERE action = 'refund.create'"),
		"the request's own id, which its answer and its log line bear")
	require.Contains(t, s.DB.Text(t, "SELECT detail FROM audit_log WHERE action = 'refund.create'"), "$1.00")
	require.Zero(t, s.DB.Count(t,
		"SELECT COUNT(*) FROM audit_log WHERE CONCAT(actor, subject, detail) LIKE '%canary-mail%' OR CONCAT(actor, subject, detail) LIKE "+
			"'%Layla%'"))

	output, err := s.StarterCommand("evidence", booked.Reference).Output()
	require.NoError(t, err)
	var bundle struct {
		Audit []struct{ Action, Actor string }
	}
	require.NoError(t, json.Unmarshal(output, &bundle))
	require.Len(t, bundle.Audit, 3)
	require.Equal(t, "refund.create", bundle.Audit[0].Action)
}

// A request that died after it was claimed and is sent again is one line of the audit log.
func TestARequestThatDiedIsAuditedOnce(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"api-after-action-claim", "api-after-action"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, APIFailpoint: point})
			booked := s.Book("audited", testkit.BookingBody(nil))
			s.Eventually(func() bool {
				answer, err := s.API.Do(http.MethodPost, "/v1/bookings/"+booked.Reference+"/cancel", "cancel-1", nil)
				return err == nil && answer.Status == http.StatusOK
			}, "the booking is not cancelled; logs:\n%s", s.Logs)
			s.RequireDeaths("starter", 1)
			require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'booking.cancel'"))
		})
	}
}
