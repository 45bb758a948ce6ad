package chart

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sealKey is an Ed25519 key that signs nothing real.
const sealKey = "-----BEGIN PRIVATE " + `KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE ` + "KEY-----\n"

// secretText is the content of the file that a volume mounts under this name.
func secretText(t *testing.T, name string) string {
	t.Helper()
	switch name {
	case "tls.crt", "ca.crt":
		return certificate(t)
	case "tls.key":
		return sealKey
	}
	text, known := secretTexts[name]
	require.True(t, known, name)
	return text
}

// certificate is signed by and for sealKey.
func certificate(t *testing.T) string {
	t.Helper()
	block, _ := pem.Decode([]byte(sealKey))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	key, ok := parsed.(ed25519.PrivateKey)
	require.True(t, ok)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	signed, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))
}
