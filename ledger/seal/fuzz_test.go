package seal_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/ledger/seal"
)

// Whatever text is shown as a seal, one that is read is written as a text that is read as the same seal: nothing of it is guessed.
func FuzzStatement(f *testing.F) {
	made := seal.NewRange(seal.Seal{Number: 6, ToID: 80, Digest: seal.Digest{1}}, 82)
	sealed, err := made.Seal(time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC))
	require.NoError(f, err)
	f.Add(sealed.Statement("in_7K2M9QXA4T"))
	f.Add(sealed.Extract("in_7K2M9QXA4T"))
	f.Add("Farebook ledger seal 1\ninstallation: x\nroot: \n")
	f.Fuzz(func(t *testing.T, text string) {
		read, installation, err := seal.ParseStatement(text)
		if err != nil {
			return
		}
		again, otherInstallation, err := seal.ParseStatement(read.Statement(installation))
		if read.Intact() != nil {
			return // the sums of a changed statement need not fit its digest
		}
		require.NoError(t, err, "%s", text)
		require.Equal(t, installation, otherInstallation)
		require.Equal(t, read.Digest, again.Digest)
		require.Equal(t, read.Number, again.Number)
		require.Equal(t, read.ToID, again.ToID)
	})
}
