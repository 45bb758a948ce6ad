package test

import (
	"os/exec"
	"path/filepath"
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
	verify := func(arguments []string, env ...string) (string, error) {
		command := s.StarterCommand(append([]string{"verify", "--books"}, arguments...)...)
		command.Env = append(command.Env, env...)
		out, err := command.CombinedOutput()
		return string(out), err
	}
	for i, failpoint := range []string{"proof-before-range-recorded", "proof-after-range-recorded"} {
		before := s.DB.Count(t, "SELECT COUNT(*) FROM proofs")
		out, err := verify([]string{"--whole"}, "FAREBOOK_FAILPOINT="+failpoint+"@"+filepath.Join(t.TempDir(), "died"))
		var killed *exec.ExitError
		require.ErrorAs(t, err, &killed, out)
		require.Equal(t, "signal: killed", killed.String(), out)
		require.Equal(t, before+1, s.DB.Count(t, "SELECT COUNT(*) FROM proofs"), failpoint)
		require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM proofs WHERE finished_at IS NULL"), failpoint)
		if i == 0 {
			require.Zero(t, s.DB.Count(t, "SELECT SUM(done_to) FROM proof_parts WHERE proof_id = (SELECT MAX(id) FROM proofs)"))
		} else {
			require.NotZero(t, s.DB.Count(t, "SELECT SUM(done_to) FROM proof_parts WHERE proof_id = (SELECT MAX(id) FROM proofs)"))
		}
		out, err = verify([]string{"--whole"})
		require.NoError(t, err, out)
		require.Contains(t, out, "100% proven")
		require.Equal(t, before+1, s.DB.Count(t, "SELECT COUNT(*) FROM proofs WHERE held = TRUE"), "the same proof")
	}
	out, err := verify(nil)
	require.NoError(t, err, out)
	require.NotContains(t, out, "% proven", "only what has changed is read")
}
