package access

import (
	"crypto/rand"
	"strings"
)

// The ids of clients, API keys and installations that people and programs see. They are no secrets.
const (
	clientPrefix       = "cl_"
	keyPrefix          = "ak_"
	installationPrefix = "in_"
	codeLength         = 10
	// crockford is Crockford's base 32: no I, L, O or U, so that an id survives being read over the telephone.
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// NewClientID draws one of 2^50 ids, such as cl_7K2M9QXA4T. A UNIQUE index decides about the rare twin.
func NewClientID() string { return clientPrefix + newCode() }

// NewKeyID draws one of 2^50 ids, such as ak_7K2M9QXA4T.
func NewKeyID() string { return keyPrefix + newCode() }

// NewInstallationID draws one of 2^50 ids, such as in_7K2M9QXA4T.
func NewInstallationID() string { return installationPrefix + newCode() }

// IsClientID tells whether a text has the shape that NewClientID draws, IsKeyID that of NewKeyID.
func IsClientID(text string) bool { return isCode(text, clientPrefix) }

// IsKeyID is documented at IsClientID.
func IsKeyID(text string) bool { return isCode(text, keyPrefix) }

// IsInstallationID tells whether a text has the shape that NewInstallationID draws.
func IsInstallationID(text string) bool { return isCode(text, installationPrefix) }

func newCode() string {
	var random [codeLength]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the program instead (crypto/rand)
	for i, b := range random {
		random[i] = crockford[b%32]
	}
	return string(random[:])
}

func isCode(text, prefix string) bool {
	code, found := strings.CutPrefix(text, prefix)
	return found && len(code) == codeLength && strings.Trim(code, crockford) == ""
}
