package storm_test

import (
	"io"
	"net/smtp"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/storm"
)

// An oracle that finds nothing proves something only if it finds what is planted: after a calm of real bookings, each promise is broken by
// hand, and the oracle has to say so.
func TestTheOracleFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	dir, remove, err := devstack.Scratch()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, remove()) })
	s, err := storm.Start(t.Context(), filepath.Join(dir, "storm"), storm.Disk{}, storm.Node{Why: "not built"}, io.Discard)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	require.NoError(t, s.Calm(t.Context(), 6*time.Second))
	check := func() string {
		found, err := s.Check(t.Context())
		require.NoError(t, err)
		require.Positive(t, found.Mails)
		return strings.Join(s.Violations(), "\n")
	}
	require.NoError(t, s.RebuildTables(t.Context()))
	require.Empty(t, check())

	root := func(statement string, args ...any) {
		connection, err := s.Root.Conn(t.Context()) // for both statements
		require.NoError(t, err)
		_, err = connection.ExecContext(t.Context(), "SET foreign_key_checks = 0")
		require.NoError(t, err)
		_, err = connection.ExecContext(t.Context(), statement, args...)
		require.NoError(t, err)
		require.NoError(t, connection.Close())
	}
	for _, planted := range plants(t, s, root) {
		s.Forget()
		planted.plant()
		broken := check()
		for _, sentence := range planted.finds {
			require.Contains(t, broken, sentence, planted.name)
		}
	}
}

type plant struct {
	name  string
	plant func()
	finds []string
}

// plants are in an order in which none hides the next one.
func plants(t *testing.T, s *storm.System, root func(string, ...any)) []plant {
	t.Helper()
	answers, _ := s.Journal.Answers()
	require.NotEmpty(t, answers)
	some := func(query string) (text string) {
		require.NoError(t, s.Root.QueryRowContext(t.Context(), query).Scan(&text), query)
		return text
	}
	mail := some("SELECT id FROM emails WHERE status = 'sent' ORDER BY id LIMIT 1")
	return []plant{
		{"a workflow is terminated", func() { terminate(t, s) }, []string{"promise 14"}},
		{"an email is given up", func() { root("UPDATE emails SET status = 'failed' WHERE id = ?", mail) }, []string{"emails were given up"}},
		{"an email stays queued", func() { // as if a worker that is dead were sending it: otherwise the sweeper has it sent
			root("UPDATE emails SET status = 'queued', sending_until = UTC_TIMESTAMP(6) + INTERVAL 1 DAY WHERE id = ?", mail)
		}, []string{"still queued"}},
		{"an email and a webhook are lost, and an email is empty", func() {
			login := smtp.PlainAuth("", devstack.MailUser, s.Stack.MailPassword(), "127.0.0.1")
			to := []string{"layla@example.com"}
			require.NoError(t, smtp.SendMail(s.Stack.Mailbox.SMTPAddr(), login, "farebook@example.com", to, []byte("\r\n")))
			root("UPDATE emails SET status = 'sent', message_id = '<lost@example.com>' WHERE id = ?", mail)
			root("UPDATE webhook_deliveries SET message_id = 'msg_lost' WHERE delivered_at IS NOT NULL ORDER BY id LIMIT 1")
		}, []string{"did not arrive", "was not received", "cannot be read by go-message"}},
		{"another answer is stored", func() {
			root(`UPDATE idempotency_keys SET answer_body = REPLACE(answer_body, '"reference":"FB-', '"reference":"XX-')`)
		}, []string{"promise 11"}},
		{"a booking has another state", func() {
			root("UPDATE bookings SET status = 'pending_payment', hold_expires_at = hold_expires_at + INTERVAL 1 DAY WHERE status = 'confirmed'")
		}, []string{"by Stripe's truth"}},
		{"money moves at Stripe, and nobody hears of it", func() {
			s.Stack.Stripe.SetWebhook("", "whsec_none")
			s.Stack.Stripe.Bill(100, "usd", "a bill")
		}, []string{"promise 5"}},
		{"a row of the ledger is changed", func() {
			root("UPDATE ledger_entries SET amount = amount + 1 ORDER BY id LIMIT 1")
		}, []string{"promise 3", "hledger"}},
		{"keys are taken out too early", func() { require.NoError(t, s.TakeOutKeys()) }, []string{
			`is encrypted with key "storm0"`, "the link fpl_storm0.",
		}},
		{"an acknowledged booking and a journal are deleted", func() {
			root("DELETE FROM ledger_proposals")
			root("DELETE FROM bookings WHERE reference = ?", some("SELECT reference FROM bookings ORDER BY id LIMIT 1"))
		}, []string{"promise 10: booking", "promise 10: POST /v1/ledger/journals "}},
	}
}

// terminate has a workflow end as an operator can end one.
func terminate(t *testing.T, s *storm.System) {
	t.Helper()
	options := client.StartWorkflowOptions{ID: "planted", TaskQueue: "nobody polls it"}
	started, err := s.Temporal.ExecuteWorkflow(t.Context(), options, "Planted")
	require.NoError(t, err)
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), started.GetID(), "", "planted"))
	require.Eventually(t, func() bool {
		count, err := s.Temporal.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Query: "ExecutionStatus = 'Terminated'",
		})
		return err == nil && count.GetCount() == 1
	}, time.Minute, 50*time.Millisecond, "no workflow is terminated")
}
