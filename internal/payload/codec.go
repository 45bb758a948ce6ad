// Package payload encrypts the payloads that Farebook gives to Temporal: inputs, results, signals, heartbeats, summaries and the texts of
// failures. It is off without keys. Workflow ids, types, search attributes and the correlation id of the header stay readable: they hold
// no personal data. It imports nothing of Farebook.
package payload

import (
	"fmt"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// Encoding and keyIDMetadata are the names of Temporal's own examples of encryption, so that a codec server of that form reads these
// payloads too: the data is the nonce (12 bytes) followed by AES-GCM's sealed serialisation of the payload.
const (
	Encoding      = "binary/encrypted"
	keyIDMetadata = "encryption-key-id"
)

// Codec encrypts payloads with AES-256-GCM, under a random nonce each. What is not encrypted passes through Decode, so that histories that
// began without a key continue. Create it with NewCodec.
type Codec struct {
	text func() string // the keys of the moment, as Parse reads them; empty for none

	mu   sync.Mutex
	last string
	ring Keyring
}

var _ converter.PayloadCodec = (*Codec)(nil)

// NewCodec returns a codec with the keys that text returns at each use; nil for no keys.
func NewCodec(text func() string) *Codec {
	if text == nil {
		text = func() string { return "" }
	}
	return &Codec{text: text}
}

// keyring parses the keys when they have changed. An unusable text leaves the last keys, because whoever supplies it has refused it.
func (c *Codec) keyring() Keyring {
	text := c.text()
	c.mu.Lock()
	defer c.mu.Unlock()
	if text == c.last {
		return c.ring
	}
	c.last = text
	if text == "" {
		c.ring = Keyring{}
	} else if ring, err := Parse(text); err == nil {
		c.ring = ring
	}
	return c.ring
}

// Encrypts reports whether payloads are encrypted from now on.
func (c *Codec) Encrypts() bool { return c.keyring().first != "" }

// Encode encrypts payloads with the first key.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	ring := c.keyring()
	if ring.first == "" {
		return payloads, nil
	}
	encoded := make([]*commonpb.Payload, len(payloads))
	for i, one := range payloads {
		text, err := proto.Marshal(one)
		if err != nil {
			return nil, fmt.Errorf("serialise a payload for Temporal: %w", err)
		}
		encoded[i] = &commonpb.Payload{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(Encoding), keyIDMetadata: []byte(ring.first)},
			Data:     ring.keys[ring.first].Seal(nil, nil, text, nil),
		}
	}
	return encoded, nil
}

// Decode decrypts payloads. It returns *MissingKeyError or *TamperedError for one that it cannot decrypt.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	decoded := make([]*commonpb.Payload, len(payloads))
	for i, one := range payloads {
		decoded[i] = one
		if string(one.GetMetadata()[converter.MetadataEncoding]) != Encoding {
			continue
		}
		id := string(one.GetMetadata()[keyIDMetadata])
		key := c.keyring().keys[id]
		if key == nil {
			return nil, &MissingKeyError{id}
		}
		text, err := key.Open(nil, nil, one.GetData(), nil)
		if err != nil {
			return nil, &TamperedError{id}
		}
		decoded[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(text, decoded[i]); err != nil {
			return nil, fmt.Errorf("read a payload that was decrypted with key %q: %w", id, err)
		}
	}
	return decoded, nil
}

// MissingKeyError says that a payload was encrypted with a key that this process does not have.
type MissingKeyError struct{ KeyID string }

func (e *MissingKeyError) Error() string {
	return fmt.Sprintf("a payload in Temporal is encrypted with key %q, which TEMPORAL_PAYLOAD_KEYS does not have: add the key after the "+
		"first one; the workflow then continues", e.KeyID)
}

// TamperedError says that a payload is not what the key has encrypted: another key has this id, or the payload was changed.
type TamperedError struct{ KeyID string }

func (e *TamperedError) Error() string {
	return fmt.Sprintf("a payload in Temporal cannot be decrypted with key %q: another key had this id, or the payload was changed", e.KeyID)
}
