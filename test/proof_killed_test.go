package test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// A whole proof is killed in the middle of its ranges, before and after one is recorded, and run again: it is the same proof, which reads
// the lost range again and no other.
func TestWholeProofKilledBetweenRanges(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	fillLedger(t, s.DB, 12_000, "pi_fill_", "txn_fill_") // several ranges
	verify := func(arguments ...string) (string, error) {
		out, err := s.StarterCommand(append([]string{"verify", "--books"}, arguments...)...).CombinedOutput()
		return string(out), err
	}
	for i, failpoint := range []string{"proof-before-range-recorded", "proof-after-range-recorded"} {
		before := s.DB.Count(t, "SELECT COUNT(*) FROM proofs")
		s.KilledAt(failpoint, s.StarterCommand("verify", "--books", "--whole"))
		require.Equal(t, before+1, s.DB.Count(t, "SELECT COUNT(*) FROM proofs"), failpoint)
		require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM proofs WHERE finished_at IS NULL"), failpoint)
		if i == 0 {
			require.Zero(t, s.DB.Count(t, "SELECT SUM(done_to) FROM proof_parts WHERE proof_id = (SELECT MAX(id) FROM proofs)"))
		} else {
			require.NotZero(t, s.DB.Count(t, "SELECT SUM(done_to) FROM proof_parts WHERE proof_id = (SELECT MAX(id) FROM proofs)"))
		}
		out, err := verify("--whole")
		require.NoError(t, err, out)
		require.Contains(t, out, "100% proven")
		require.Equal(t, before+1, s.DB.Count(t, "SELECT COUNT(*) FROM proofs WHERE held = TRUE"), "the same proof")
	}
	out, err := verify()
	require.NoError(t, err, out)
	require.NotContains(t, out, "% proven", "only what has changed is read")
}

// A verification that has to read the whole books, while another process does so, waits for it and then reads what has changed since.
func TestVerificationWaitsForAnotherWholeProof(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	s.DB.Promises(t)
	s.DB.Exec(t, "UPDATE proofs SET finished_at = NULL, held = NULL")
	other, err := s.DB.SQL.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	lock := "LEFT(CONCAT('farebook_proof_', (SELECT MAX(id) FROM proofs), '_', DATABASE()), 64)"
	var got int
	require.NoError(t, other.QueryRowContext(t.Context(), "SELECT GET_LOCK("+lock+", 0)").Scan(&got))
	require.Equal(t, 1, got)

	said := &testkit.Buffer{}
	verify := s.StarterCommand("verify", "--books")
	verify.Stdout, verify.Stderr = said, said
	require.NoError(t, verify.Start())
	s.Eventually(func() bool { return strings.Contains(said.String(), "; waiting for it.") }, "it does not wait: %s", said)
	s.DB.Exec(t, "UPDATE proofs SET finished_at = started_at, held = TRUE") // what the other process does at its end
	_, err = other.ExecContext(t.Context(), "DO RELEASE_LOCK("+lock+")")
	require.NoError(t, err)
	require.NoError(t, verify.Wait(), said)
	require.Contains(t, said.String(), "proven from the proof of")
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM proofs WHERE held = TRUE"))
}
