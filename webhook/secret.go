package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Overlap is how long both secrets sign after a rotation, unless its caller says otherwise.
const Overlap = 24 * time.Hour

// secretPrefix is that of the Standard Webhooks specification.
const secretPrefix = "whsec_"

// keySize is the least size of a server key: that of the HMAC's result.
const keySize = 32

// Keys are the server's keys, from which the signing secret of each endpoint derives: the database has none. The first derives new secrets,
// the others those that were made before it was put first.
type Keys struct{ all []serverKey }

// serverKey is one of them. Its id, the beginning of its hash, stands in the row of an endpoint.
type serverKey struct {
	id  string
	key []byte
}

// ErrNoKeys says that no server key is configured.
var ErrNoKeys = errors.New("no key of WEBHOOK_KEY_FILE derives signing secrets")

// UnknownKeyError says that the key of an endpoint's secret is not in the file any more.
type UnknownKeyError struct{ ID string }

func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("WEBHOOK_KEY_FILE has no key with id %s: put it back, or rotate the secrets that derive from it", e.ID)
}

// ParseKeys reads the lines of a key file, each 32 bytes or more in base64. Empty lines and those that begin with # are left out. Its
// errors never quote a key.
func ParseKeys(text []byte) (Keys, error) {
	var keys Keys
	for number, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) < keySize {
			return Keys{}, fmt.Errorf("line %d must be at least %d random bytes in base64: make one with `openssl rand -base64 %d`", number+1, keySize,
				keySize)
		}
		sum := sha256.Sum256(key)
		keys.all = append(keys.all, serverKey{id: hex.EncodeToString(sum[:])[:16], key: key})
	}
	if len(keys.all) == 0 {
		return Keys{}, fmt.Errorf("it has no key: make one with `openssl rand -base64 %d`", keySize)
	}
	return keys, nil
}

// Configured reports whether there is a key.
func (k Keys) Configured() bool { return len(k.all) > 0 }

// Current is the id of the key that derives new secrets; empty without one.
func (k Keys) Current() string {
	if len(k.all) == 0 {
		return ""
	}
	return k.all[0].id
}

// SecretVersion names a secret: which key derives it, and how often the endpoint's secret was replaced before.
type SecretVersion struct {
	KeyID  string
	Number int
}

// Secret derives the signing secret of an endpoint: whsec_ and base64 of HMAC-SHA256 over its id and the number of the version. Errors:
// ErrNoKeys, *UnknownKeyError.
func (k Keys) Secret(endpointID string, version SecretVersion) (string, error) {
	if !k.Configured() {
		return "", ErrNoKeys
	}
	for _, one := range k.all {
		if one.id == version.KeyID {
			mac := hmac.New(sha256.New, one.key)
			_, _ = fmt.Fprintf(mac, "farebook webhook secret\x00%s\x00%d", endpointID, version.Number) // a hash never fails
			return secretPrefix + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
		}
	}
	return "", &UnknownKeyError{version.KeyID}
}
