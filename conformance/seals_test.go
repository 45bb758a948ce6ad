package conformance

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/ledger/seal"
)

// openssl, which knows nothing of Farebook, verifies a signature: an auditor needs no program of ours.
func TestOpenSSLVerifiesASignedSeal(t *testing.T) {
	t.Parallel()
	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	key, err := seal.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
	require.NoError(t, err)
	made, err := seal.NewRange(seal.Seal{}, 3).Seal(time.Now())
	require.NoError(t, err)
	signed := key.Sign(made.Statement("in_1"))
	statement, line, _ := strings.Cut(signed, "signature: ed25519 ")
	_, encoded, _ := strings.Cut(strings.TrimSpace(line), " ")
	signature, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	public, err := key.Public().PEM()
	require.NoError(t, err)
	folder := t.TempDir()
	for name, content := range map[string][]byte{"statement": []byte(statement), "signature": signature, "key.pem": public} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), content, 0o600))
	}
	verify := exec.CommandContext(t.Context(), "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "statement",
		"-sigfile", "signature")
	verify.Dir = folder
	out, err := verify.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "Signature Verified Successfully")
	read, err := seal.ParsePublicKey(public)
	require.NoError(t, err)
	require.Equal(t, key.Public().ID(), read.ID())
}
