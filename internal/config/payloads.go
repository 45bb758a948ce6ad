package config

import "farebook/internal/payload"

// payloadKeys is the variable with the keys that encrypt what Temporal stores.
const payloadKeys = "TEMPORAL_PAYLOAD_KEYS"

// readPayloadKeys makes the codec. A file is read again at each use, so that a new key is in use without a restart.
func (r *reader) readPayloadKeys() {
	text := r.vars.PayloadKeys
	if text != "" && r.parts[PayloadKeys] {
		if _, err := payload.Parse(text); err != nil {
			r.problem("%s %v", payloadKeys, err)
		}
	}
	keys := func() string { return text }
	if file, found := r.config.files[payloadKeys]; found {
		keys = file.now
	}
	r.config.payloads = payload.NewCodec(keys)
}

// Payloads returns the codec of what Temporal stores. Without keys it encrypts nothing, and says so for a payload that is encrypted.
func (c Config) Payloads() *payload.Codec {
	if c.payloads == nil {
		return payload.NewCodec(nil)
	}
	return c.payloads
}
