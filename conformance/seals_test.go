package conformance

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/mailbox"
	"farebook/internal/mail"
	"farebook/ledger/seal"
	"farebook/money"
)

// newKey returns a key, and its public half in PEM.
func newKey(t *testing.T) (seal.Key, []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	key, err := seal.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
	require.NoError(t, err)
	public, err := key.Public().PEM()
	require.NoError(t, err)
	return key, public
}

// requireOpenSSL verifies an Ed25519 signature with openssl, which knows nothing of Farebook.
func requireOpenSSL(t *testing.T, text, signature, public []byte) {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string][]byte{"text": text, "signature": signature, "key.pem": public} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), content, 0o600))
	}
	verify := exec.CommandContext(t.Context(), "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "text",
		"-sigfile", "signature")
	verify.Dir = folder
	out, err := verify.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "Signature Verified Successfully")
}

// An auditor needs no program of ours: sha256sum's hash of the lines above the digest is the digest, and openssl verifies the signature,
// of the file as it is saved from the email that finance receives.
func TestOpenSSLVerifiesASignedSealFromAnEmail(t *testing.T) {
	t.Parallel()
	key, public := newKey(t)
	made, err := seal.NewRange(seal.Seal{}, 3).Seal(time.Now())
	require.NoError(t, err)
	signed := attached(t, "seal.txt", key.Sign(made.Statement("in_1")))
	require.True(t, strings.HasSuffix(signed, "\n"))
	statement, line, _ := strings.Cut(signed, "signature: ed25519 ")
	_, encoded, _ := strings.Cut(strings.TrimSpace(line), " ")
	signature, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	requireOpenSSL(t, []byte(statement), signature, public)
	above, rest, _ := strings.Cut(statement, "digest: ")
	sum := sha256.Sum256([]byte(above))
	require.Equal(t, hex.EncodeToString(sum[:]), rest[:64])
	read, err := seal.ParsePublicKey(public)
	require.NoError(t, err)
	require.Equal(t, key.Public().ID(), read.ID())
}

// attached sends a text as an attachment through an SMTP server, and returns what arrived.
func attached(t *testing.T, name, text string) string {
	t.Helper()
	box, err := mailbox.Start(mailbox.Options{SMTPAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	host, port, err := net.SplitHostPort(box.SMTPAddr())
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	sender, err := mail.NewSender(mail.Config{Host: host, Port: number, TLS: "none", From: "Farebook <bookings@farebook.example>"})
	require.NoError(t, err)
	_, err = sender.Send(t.Context(), mail.Message{
		MessageID: "<seal.1@farebook.example>", To: "finance@farebook.example", Subject: "Ledger seal 1", Text: "text", HTML: "<p>text</p>",
		Locale: money.LocaleEN, Attachment: &mail.Attachment{Name: name, Text: text},
	})
	require.NoError(t, err)
	received := box.Messages()
	require.Len(t, received, 1)
	return received[0].Attachments[name]
}
