// Package paylink makes and checks the links to the payment page. A link names a booking and the time at which it ends, and is signed with
// HMAC-SHA256: it is stored nowhere, has no personal data, and cannot be made without a key.
//
// A plain HMAC was chosen over JWT and PASETO: a link has two values and one algorithm, and a library would bring headers that
// whoever sends a token chooses, claims that nobody reads, and a longer address. It imports booking only.
package paylink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"farebook/booking"
)

// Path is the path below which the payment page is; the token follows.
const Path = "/pay/"

// Prefix begins every token, so that logs can recognise and redact one.
const Prefix = "fpl_"

// Errors of Claim.
var (
	// ErrInvalid is returned for a token that no present key has signed.
	ErrInvalid = errors.New("the link is not valid")
	// ErrExpired is returned for a token whose time has passed.
	ErrExpired = errors.New("the link has expired")
)

// minSecret is the length of a key in bytes: that of the hash, below which RFC 2104 discourages keys.
const minSecret = 32

// maxToken is far above the length of a token, so that a long path is refused before it is hashed.
const maxToken = 200

// Key signs links. Its id is part of each token, so that keys can be rotated.
type Key struct {
	id     string
	secret []byte
}

// String names the key without its secret, for whatever prints it.
func (k Key) String() string { return "key " + k.id }

// GoString is String.
func (k Key) GoString() string { return k.String() }

var keyID = regexp.MustCompile(`^[A-Za-z0-9]{1,16}$`)

// ParseKeys parses ID:SECRET separated by commas, each secret in base64 and 32 bytes or longer. The first signs, and all are accepted.
// Errors never quote a secret.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	for part := range strings.SplitSeq(text, ",") {
		id, encoded, _ := strings.Cut(strings.TrimSpace(part), ":")
		secret, err := base64.StdEncoding.DecodeString(encoded)
		switch {
		case !keyID.MatchString(id):
			return nil, errors.New("has a key without an id: write ID:SECRET, the id in 1 to 16 letters and digits")
		case err != nil || len(secret) < minSecret:
			return nil, fmt.Errorf("has a key %s that is not %d bytes or more in base64: make one with `openssl rand -base64 32`", id, minSecret)
		}
		for _, known := range keys {
			if known.id == id {
				return nil, fmt.Errorf("has two keys with the id %s: give the new one another id", id)
			}
		}
		keys = append(keys, Key{id, secret})
	}
	return keys, nil
}

// Links makes and checks links. A nil *Links makes none: there is no payment page.
type Links struct {
	// URL is where browsers reach the page, without a slash at the end.
	URL string
	// Readable is how long after the hold a link shows the outcome.
	Readable time.Duration
	// Keys returns the keys of the moment; the first signs.
	Keys func() []Key
}

// Ends is when a link ends that is made now for a booking with this hold.
func (l *Links) Ends(hold, now time.Time) time.Time {
	if now.After(hold) {
		hold = now
	}
	return hold.Add(l.Readable)
}

// Of returns the link to a booking's payment page that ends with its hold and the time after it; empty once that has passed, and without a
// payment page.
func (l *Links) Of(reference booking.Reference, hold, now time.Time) string {
	if l == nil || !hold.Add(l.Readable).After(now) {
		return ""
	}
	return l.Until(reference, hold.Add(l.Readable))
}

// Until returns a link that ends at a time, to the second.
func (l *Links) Until(reference booking.Reference, ends time.Time) string {
	key := l.Keys()[0]
	signed := key.id + "." + string(reference) + "." + strconv.FormatInt(ends.Unix(), 36)
	return l.URL + Path + Prefix + signed + "." + key.sign(signed)
}

// sign returns the signature of a text. The domain in front keeps a signature from meaning anything elsewhere.
func (k Key) sign(text string) string {
	mac := hmac.New(sha256.New, k.secret)
	mac.Write([]byte("farebook payment link 1\x00" + text)) // never fails (hash.Hash)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Claim returns the booking that a token names. Errors: ErrInvalid, ErrExpired; of an expired token the reference is returned as well.
func (l *Links) Claim(token string, now time.Time) (booking.Reference, error) {
	text, isToken := strings.CutPrefix(token, Prefix)
	at := strings.LastIndexByte(text, '.')
	if !isToken || at < 0 || len(token) > maxToken {
		return "", ErrInvalid
	}
	signed, signature := text[:at], text[at+1:]
	parts := strings.Split(signed, ".")
	if len(parts) != 3 || !l.signedBy(parts[0], signed, signature) {
		return "", ErrInvalid
	}
	reference, err := booking.ParseReference(parts[1])
	ends, otherErr := strconv.ParseInt(parts[2], 36, 64)
	switch {
	case err != nil || otherErr != nil:
		return "", ErrInvalid
	case !time.Unix(ends, 0).After(now):
		return reference, ErrExpired
	}
	return reference, nil
}

// signedBy reports whether the key with the id has made the signature.
func (l *Links) signedBy(id, text, signature string) bool {
	for _, key := range l.Keys() {
		if key.id == id {
			return hmac.Equal([]byte(key.sign(text)), []byte(signature))
		}
	}
	return false
}
