package evidence

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"farebook/ledger/seal"
)

// Signature is over the document without its member "signature", in the canonical form of RFC 8785: it survives a program that indents the
// document or sorts its members.
type Signature struct {
	Algorithm string `json:"algorithm" example:"ed25519"`
	KeyID     string `json:"keyId" doc:"The first 16 hexadecimal digits of the SHA-256 of the public key." example:"3c4a1f20b7d9e865"`
	Value     string `json:"value" doc:"In base64; over the document without this member, in the canonical form of RFC 8785."`
}

const algorithm = "ed25519"

// Sign signs the bundle as it is. A statement of a seal does not begin with a brace, so that no signature fits both.
func (b *Bundle) Sign(key seal.Key) error {
	b.Signature = nil
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	canonical, _, err := signedForm(text)
	if err != nil {
		return err
	}
	signature := key.SignText(canonical)
	b.Signature = &Signature{Algorithm: algorithm, KeyID: signature.KeyID, Value: signature.Value}
	return nil
}

// signedForm returns the bytes that a signature covers, and the signature; nil when the document has none.
func signedForm(document []byte) ([]byte, *Signature, error) {
	// A member that occurs twice would be one for the signature and another for the reader: it is refused.
	whole := jsontext.Value(document)
	if !whole.IsValid() {
		return nil, nil, errors.New("the file is not complete JSON, or has a member twice: it was cut or changed")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(document, &members); err != nil {
		return nil, nil, fmt.Errorf("the file is not an evidence bundle: %w", err)
	}
	var signature *Signature
	if raw, found := members["signature"]; found {
		if err := json.Unmarshal(raw, &signature); err != nil {
			return nil, nil, fmt.Errorf("the signature cannot be read: %w", err)
		}
		delete(members, "signature")
	}
	rest, err := json.Marshal(members)
	if err != nil {
		return nil, nil, err
	}
	canonical := jsontext.Value(rest)
	// Integers keep all of their digits: no change of one may go unnoticed.
	err = canonical.Canonicalize(jsontext.CanonicalizeRawInts(false))
	return canonical, signature, err
}

// verify returns an error unless the signature is the key's over the canonical document.
func (s *Signature) verify(canonical []byte, key seal.PublicKey) error {
	if s.Algorithm != algorithm {
		return fmt.Errorf("the signature's algorithm is %q, and not %s", s.Algorithm, algorithm)
	}
	err := key.Check(canonical, seal.Signature{KeyID: s.KeyID, Value: s.Value})
	if errors.Is(err, seal.ErrChanged) {
		return errors.New("the signature does not fit the file: something in it was changed, added or removed")
	}
	return err
}
