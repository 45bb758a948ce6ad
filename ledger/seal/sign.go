package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// signatureLine begins the last line of a signed statement.
const signatureLine = "signature: ed25519 "

// A Key signs statements.
type Key struct{ private ed25519.PrivateKey }

// ParseKey reads a private Ed25519 key in PEM (PKCS #8), as `openssl genpkey -algorithm ed25519` writes it. Its errors never quote the
// key.
func ParseKey(pemText []byte) (Key, error) {
	block, _ := pem.Decode(pemText)
	if block == nil || block.Type != "PRIVATE KEY" {
		return Key{}, errors.New("not a private key in PEM: make one with `openssl genpkey -algorithm ed25519`")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, errors.New("the PEM block holds no PKCS #8 key")
	}
	private, is := parsed.(ed25519.PrivateKey)
	if !is {
		return Key{}, fmt.Errorf("a %T, not an Ed25519 key: make one with `openssl genpkey -algorithm ed25519`", parsed)
	}
	return Key{private}, nil
}

// Public is the half that verifies.
func (k Key) Public() PublicKey {
	return PublicKey{k.private.Public().(ed25519.PublicKey)} // the type is documented
}

// Sign appends the signature line to a statement. The signature covers every byte before it, so that
// `openssl pkeyutl -verify -rawin` can check it as well.
func (k Key) Sign(statement string) string {
	signature := k.SignText([]byte(statement))
	return statement + signatureLine + signature.KeyID + " " + signature.Value + "\n"
}

// Signature is an Ed25519 signature in base64, with the id of the key that made it.
type Signature struct{ KeyID, Value string }

// SignText signs a text that is not a statement. The text must not begin as a statement does.
func (k Key) SignText(text []byte) Signature {
	return Signature{KeyID: k.Public().ID(), Value: base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, text))}
}

// A PublicKey verifies signed statements.
type PublicKey struct{ key ed25519.PublicKey }

// ParsePublicKey reads a public Ed25519 key in PEM, as `openssl pkey -pubout` writes it.
func ParsePublicKey(pemText []byte) (PublicKey, error) {
	block, _ := pem.Decode(pemText)
	if block == nil || block.Type != "PUBLIC KEY" {
		return PublicKey{}, errors.New("not a public key in PEM: make one with `openssl pkey -pubout`")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return PublicKey{}, errors.New("the PEM block holds no public key")
	}
	public, is := parsed.(ed25519.PublicKey)
	if !is {
		return PublicKey{}, fmt.Errorf("a %T, not an Ed25519 key", parsed)
	}
	return PublicKey{public}, nil
}

// PEM writes the key as ParsePublicKey reads it.
func (k PublicKey) PEM() ([]byte, error) {
	raw, err := x509.MarshalPKIXPublicKey(k.key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: raw}), nil
}

// ID names the key: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes.
func (k PublicKey) ID() string {
	sum := sha256.Sum256(k.key)
	return hex.EncodeToString(sum[:8])
}

// Verify returns the statement of a signed statement, or an error when the signature is not this key's over exactly that text.
func (k PublicKey) Verify(signed string) (statement string, err error) {
	at := strings.LastIndex(signed, signatureLine)
	if at < 0 {
		return "", errors.New("the text has no signature line")
	}
	id, encoded, _ := strings.Cut(strings.TrimSuffix(signed[at+len(signatureLine):], "\n"), " ")
	if err := k.Check([]byte(signed[:at]), Signature{KeyID: id, Value: encoded}); err != nil {
		return "", err
	}
	return signed[:at], nil
}

// ErrChanged is the error of a signature that does not fit its text.
var ErrChanged = errors.New("the signature does not fit the text: one of them was changed")

// Check returns an error unless the signature is this key's over exactly that text: ErrChanged, or an error that names both keys.
func (k PublicKey) Check(text []byte, signature Signature) error {
	if signature.KeyID != k.ID() {
		return fmt.Errorf("signed with key %q, and this is key %s", signature.KeyID, k.ID())
	}
	value, err := base64.StdEncoding.DecodeString(signature.Value)
	if err != nil || !ed25519.Verify(k.key, text, value) {
		return ErrChanged
	}
	return nil
}

// SplitSigned separates the statement from its signature line, and reports whether there is one. It verifies nothing.
func SplitSigned(text string) (statement string, signed bool) {
	at := strings.LastIndex(text, signatureLine)
	if at < 0 {
		return text, false
	}
	return text[:at], true
}
