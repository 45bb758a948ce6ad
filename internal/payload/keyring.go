package payload

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// keySize is that of AES-256, in bytes.
const keySize = 32

// plain is the first entry of a keyring that encrypts nothing and still decrypts.
const plain = "plain"

// keyIDs are the ids that a key may have: an id is in clear in every payload that the key encrypts.
var keyIDs = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Keyring are the keys of the moment: the first one encrypts, and all of them decrypt. The zero Keyring encrypts nothing.
type Keyring struct {
	first string // id of the key that encrypts; empty for none
	keys  map[string]cipher.AEAD
}

// Parse reads ID:KEY entries, separated by commas. A KEY is 32 bytes in standard base64. The first entry may be the word "plain": then
// nothing is encrypted, and the keys decrypt what was encrypted before. Errors follow the name of a variable and never quote a key.
func Parse(text string) (Keyring, error) {
	ring := Keyring{keys: map[string]cipher.AEAD{}}
	for i, entry := range strings.Split(text, ",") {
		entry = strings.TrimSpace(entry)
		if entry == plain && i == 0 {
			continue
		}
		id, encoded, found := strings.Cut(entry, ":")
		switch {
		case !found:
			return Keyring{}, fmt.Errorf("has an entry %d that is not ID:KEY: write 2026-11:KEY, as `starter payloads key` prints it", i+1)
		case !keyIDs.MatchString(id) || id == plain:
			return Keyring{}, fmt.Errorf("has an entry %d with an invalid id: use up to 64 letters, digits, ., _ and -, and not %q", i+1, plain)
		case ring.keys[id] != nil:
			return Keyring{}, fmt.Errorf("has the key id %q twice: give each key its own id", id)
		}
		key, err := newAEAD(encoded)
		if err != nil {
			return Keyring{}, fmt.Errorf("has a key %q that %w", id, err)
		}
		ring.keys[id] = key
		if i == 0 {
			ring.first = id
		}
	}
	return ring, nil
}

func newAEAD(encoded string) (cipher.AEAD, error) {
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) != keySize {
		return nil, errors.New("is not 32 bytes in base64: make one with `starter payloads key`")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// NewKey returns an entry of a keyring with a random key: ID:KEY.
func NewKey(id string) (string, error) {
	if !keyIDs.MatchString(id) || id == plain {
		return "", fmt.Errorf("invalid key id %q: use up to 64 letters, digits, ., _ and -, begin with a letter or digit, and not %q", id, plain)
	}
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return "", err
	}
	return id + ":" + base64.StdEncoding.EncodeToString(key), nil
}
