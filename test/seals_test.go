package test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"farebook/internal/dev/mailbox"
	"farebook/internal/dev/testkit"
	"farebook/ledger/seal"
	"farebook/workflows"
)

// keyFiles writes a new Ed25519 key pair in PEM.
func keyFiles(t *testing.T) (private, public string) {
	t.Helper()
	_, generated, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(generated)
	require.NoError(t, err)
	privateText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
	key, err := seal.ParseKey(privateText)
	require.NoError(t, err)
	publicText, err := key.Public().PEM()
	require.NoError(t, err)
	folder := t.TempDir()
	private, public = filepath.Join(folder, "private.pem"), filepath.Join(folder, "public.pem")
	require.NoError(t, os.WriteFile(private, privateText, 0o600))
	require.NoError(t, os.WriteFile(public, publicText, 0o600))
	return private, public
}

// Finance keeps a signed statement. An administrator of the database then changes an amount on both sides, so that the books still
// balance, and makes the seals anew: the chain holds, and the kept statement does not agree with it.
func TestSealsMadeAnewAreFoundByAKeptStatement(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("sealed", nil)
	s.AwaitQuiet()
	private, public := keyFiles(t)
	kept := filepath.Join(t.TempDir(), "seal.txt")
	_, err := starterWith(s, "ledger", "seal", "--key", private, "--out", kept)
	require.NoError(t, err)
	verify := []string{"ledger", "verify-chain", "--seal", kept, "--public-key", public}
	said, err := starterWith(s, verify...)
	require.NoError(t, err)
	require.Contains(t, said, "the ledger is as it was sealed")

	s.DB.Exec(t, "UPDATE ledger_entries SET amount = amount + 100 WHERE ledger_id = (SELECT MIN(id) FROM financial_ledger)")
	said, err = starterWith(s, verify...)
	require.ErrorContains(t, err, "exit status 1")
	require.Contains(t, said, "was changed after it was sealed")

	s.DB.Exec(t, "DELETE FROM ledger_seals")
	_, err = starterWith(s, "ledger", "seal")
	require.NoError(t, err)
	said, err = starterWith(s, "ledger", "verify-chain")
	require.NoError(t, err, said)
	said, err = starterWith(s, verify...)
	require.ErrorContains(t, err, "exit status 1")
	require.Contains(t, said, "the ledger was sealed again")
}

// sealByWorkflow runs the workflow of the schedule to its end.
func sealByWorkflow(s *testkit.Stack) {
	s.T.Helper()
	run, err := s.Temporal.ExecuteWorkflow(s.T.Context(),
		client.StartWorkflowOptions{ID: "SealLedger:" + s.Config.TaskQueue, TaskQueue: s.Config.TaskQueue}, workflows.TypeSealLedger)
	require.NoError(s.T, err)
	require.NoError(s.T, run.Get(s.T.Context(), nil))
}

// sealMails are the emails with a seal that finance has received.
func sealMails(s *testkit.Stack) (mails []mailbox.Message) {
	for _, message := range s.Mailbox.Messages() {
		if strings.HasPrefix(message.Subject, "Ledger seal") {
			mails = append(mails, message)
		}
	}
	return mails
}

// Finance receives the newest seal once a day, signed, as a file that is verified as it was saved. Somebody who then makes all seals anew
// is found by it. Neither a log nor a history has the key or the address.
func TestFinanceReceivesASignedSealEveryDay(t *testing.T) {
	t.Parallel()
	private, public := keyFiles(t)
	s := testkit.New(t, testkit.Options{SealKey: private})
	s.DB.AtNoon()
	sealByWorkflow(s)
	require.Equal(t, 0, s.FinanceMailCount("ledger_sealed"), "there is no seal yet")
	s.BookAndPay("mailed", nil)
	s.AwaitQuiet()
	for range 2 {
		sealByWorkflow(s)
	}
	require.Equal(t, 1, s.FinanceMailCount("ledger_sealed"))
	s.DB.Clock.Advance(24 * time.Hour)
	sealByWorkflow(s)
	require.Equal(t, 2, s.FinanceMailCount("ledger_sealed"), "a day without a booking has its email, too")

	mails := sealMails(s)
	require.Len(t, mails, 2)
	require.Equal(t, []string{s.Config.FinanceEmail}, mails[0].To)
	signed := mails[0].Attachments["ledger-seal-1.txt"]
	require.Contains(t, mails[0].Text, signed[strings.Index(signed, "digest: ")+len("digest: "):][:64])
	for name, text := range map[string]string{"as sent": signed, "with CRLF": strings.ReplaceAll(signed, "\n", "\r\n")} {
		saved := filepath.Join(t.TempDir(), "ledger-seal-1.txt")
		require.NoError(t, os.WriteFile(saved, []byte(text), 0o600))
		said, err := starterWith(s, "ledger", "verify-chain", "--seal", saved, "--public-key", public)
		require.NoError(t, err, "%s: %s", name, said)
		require.Contains(t, said, "with 1 signed statements")
	}
	saved := filepath.Join(t.TempDir(), "saved.txt")
	require.NoError(t, os.WriteFile(saved, []byte(signed), 0o600))
	s.DB.Exec(t, "UPDATE ledger_entries SET amount = amount + 100 WHERE ledger_id = (SELECT MIN(id) FROM financial_ledger)")
	s.DB.Exec(t, "DELETE FROM ledger_seals")
	sealByWorkflow(s)
	said, err := starterWith(s, "ledger", "verify-chain", "--seal", saved, "--public-key", public)
	require.ErrorContains(t, err, "exit status 1")
	require.Contains(t, said, "the ledger was sealed again")
	requireNotLogged(s, private)
}

// requireNotLogged requires that no log line has the key or the address of finance.
func requireNotLogged(s *testkit.Stack, private string) {
	s.T.Helper()
	key, err := os.ReadFile(private)
	require.NoError(s.T, err)
	secret := strings.Split(string(key), "\n")[1]
	require.Contains(s.T, s.Logs.String(), "signed seal queued for finance")
	require.NotContains(s.T, s.Logs.String(), secret)
	require.NotContains(s.T, s.Logs.String(), s.Config.FinanceEmail)
}

// The worker dies before and after it seals, and before and after it queues the day's email: the workflow goes through with another
// worker, the chain has one seal for the range, and finance has one email.
func TestWorkerKilledWhileItSeals(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-seal-ledger", "after-seal-ledger", "before-email-seal", "after-email-seal"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			private, _ := keyFiles(t)
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point, SealKey: private})
			s.BookAndPay("kill", nil)
			s.AwaitQuiet()
			sealByWorkflow(s)
			s.RequireDeaths("worker", 1)
			require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM ledger_seals"))
			require.Equal(t, 1, s.FinanceMailCount("ledger_sealed"))
			require.Len(t, sealMails(s), 1)
			said, err := starterWith(s, "ledger", "verify-chain")
			require.NoError(t, err, said)
			s.RequirePromises()
		})
	}
}

// setup creates the schedule; its workflow seals what is complete. A run that is terminated while it waits loses nothing: the next one
// seals what is left.
func TestLedgerIsSealedOnASchedule(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("scheduled", nil)
	s.AwaitQuiet()
	for range 2 { // harmless when repeated
		_, err := starterWith(s, "setup")
		require.NoError(t, err)
	}
	deleteSchedules(s)
	schedule := s.Temporal.ScheduleClient().GetHandle(t.Context(), workflows.TypeSealLedger+":"+s.Config.TaskQueue)
	require.NoError(t, schedule.Pause(t.Context(), client.SchedulePauseOptions{})) // at the full hour it would start a workflow, too
	release := holdPosting(s)
	require.NoError(t, schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	terminateSealing(s, schedule)
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM ledger_seals"))
	release()
	require.NoError(t, schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM ledger_seals") == 1 }, "not sealed; logs:\n%s", s.Logs)
	run := awaitActions(s, schedule, 2)
	s.AwaitRunEnd(run.WorkflowID)
	s.SaveRun(run.WorkflowID, "seal_ledger")
	require.Equal(t, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger"), s.DB.Count(t, "SELECT SUM(transactions) FROM ledger_seals"))
	said, err := starterWith(s, "ledger", "verify-chain")
	require.NoError(t, err, said)
}

// holdPosting opens a transaction that posts, until release is called: nothing can be sealed meanwhile.
func holdPosting(s *testkit.Stack) (release func()) {
	s.T.Helper()
	held, err := s.DB.SQL.BeginTx(s.T.Context(), nil)
	require.NoError(s.T, err)
	_, err = held.ExecContext(s.T.Context(), "SELECT id FROM ledger_opening WHERE id = 1 LOCK IN SHARE MODE")
	require.NoError(s.T, err)
	return func() { require.NoError(s.T, held.Rollback()) }
}

// awaitActions waits until a schedule has started so many workflows, and returns the last.
func awaitActions(s *testkit.Stack, schedule client.ScheduleHandle, count int) *client.ScheduleWorkflowExecution {
	s.T.Helper()
	var last *client.ScheduleWorkflowExecution
	s.Eventually(func() bool {
		described, err := schedule.Describe(s.T.Context())
		if err != nil || len(described.Info.RecentActions) != count {
			return false
		}
		last = described.Info.RecentActions[count-1].StartWorkflowResult
		return true
	}, "the schedule has not started %d workflows", count)
	return last
}

func terminateSealing(s *testkit.Stack, schedule client.ScheduleHandle) {
	s.T.Helper()
	run := awaitActions(s, schedule, 1)
	require.NoError(s.T, s.Temporal.TerminateWorkflow(s.T.Context(), run.WorkflowID, run.FirstExecutionRunID, "a test"))
}

// A statement that was changed, a key of another kind and a file that exists are refused by name, and nothing is written over.
func TestSealFilesThatAreWrongAreNamed(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	_, err := starterWith(s, "ledger", "seal")
	require.ErrorContains(t, err, "no complete transaction to seal")
	private, public := keyFiles(t)
	for says, args := range map[string][]string{
		"--key":          {"seal", "--key", public},
		"no such file":   {"seal", "--key", filepath.Join(t.TempDir(), "none.pem")},
		"go together":    {"verify-chain", "--seal", private},
		"--public-key":   {"verify-chain", "--seal", private, "--public-key", private},
		"signature line": {"verify-chain", "--seal", private, "--public-key", public},
	} {
		_, err := starterWith(s, append([]string{"ledger"}, args...)...)
		require.ErrorContains(t, err, "exit status 2", args)
		require.ErrorContains(t, err, says, args)
	}
}
