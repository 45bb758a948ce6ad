package test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// keyFiles writes a new Ed25519 key pair in PEM.
func keyFiles(t *testing.T) (private, public string) {
	t.Helper()
	publicKey, privateKey, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	privateRaw, err := x509.MarshalPKCS8PrivateKey(privateKey)
	require.NoError(t, err)
	publicRaw, err := x509.MarshalPKIXPublicKey(publicKey)
	require.NoError(t, err)
	folder := t.TempDir()
	private, public = filepath.Join(folder, "private.pem"), filepath.Join(folder, "public.pem")
	require.NoError(t, os.WriteFile(private, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privateRaw}), 0o600))
	require.NoError(t, os.WriteFile(public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicRaw}), 0o600))
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
	require.Contains(t, said, "it was made anew")
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
