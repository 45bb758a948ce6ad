package test

import (
	"fmt"
	"net/http"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testkit"
)

// `starter proposals send` dies right before the transaction commits that sends a proposal, and right after it, and is repeated: there is
// one refund, whose workflow the sweeper starts, and one correction.
func TestProposalsThatAreSentAndKilled(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("paid", nil)
	s.AwaitQuiet()
	s.DB.Exec(t, "UPDATE ledger_entries SET amount = amount + 7 WHERE account <> 'expense:stripe_fees' AND amount > 40000")
	item := reconcile(s, `{"scope":"ledger","dryRun":true}`).Details[0].ID
	desk := *s.API
	desk.Token = s.DB.NewKey(t, "desk", access.OperationsRead, access.OperationsWrite)
	for _, c := range []struct {
		name, body string
		done       string // counts nothing before, and one once it is sent
	}{
		{
			"refund", fmt.Sprintf(`{"kind":"refund","booking":%q,"amount":{"value":10000,"currency":"USD"},"note":"twice"}`, booked.Reference),
			"SELECT COUNT(*) FROM refunds WHERE amount = 10000",
		},
		{
			"correction", fmt.Sprintf(`{"kind":"correction","item":%d,"note":"seven too many"}`, item),
			"SELECT COUNT(*) FROM financial_ledger WHERE type = 'correction'",
		},
	} {
		answer, err := desk.Ask(http.MethodPost, "/v1/proposals", c.name, []byte(c.body))
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
		var made proposalView
		answer.Into(t, &made)
		command := func() *exec.Cmd { return s.StarterCommand("proposals", "send", made.Code) }
		state := func() string { return s.DB.Text(t, "SELECT state FROM proposals WHERE code = ?", made.Code) }
		s.KilledAt("before-send-proposal", command())
		require.Equal(t, "proposed", state())
		require.Zero(t, s.DB.Count(t, c.done), c.name)
		s.KilledAt("after-send-proposal", command())
		require.Equal(t, "sent", state())
		require.Equal(t, 1, s.DB.Count(t, c.done), c.name)
		s.AwaitQuiet()
		out, err := command().CombinedOutput()
		require.NoError(t, err, "a repetition: %s", out)
		require.Equal(t, 1, s.DB.Count(t, c.done), c.name)
		require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'proposal.send' AND subject = ?", made.Code))
	}
	awaitRefund(s, s.DB.Text(t, "SELECT refund_id FROM proposals WHERE kind = 'refund'"), "succeeded")
	s.AwaitQuiet()
	require.Len(t, s.Stripe.Refunds(), 1)
}
