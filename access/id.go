package access

import (
	"crypto/rand"
	"strings"
)

// Prefixes of the public ids of clients, API keys, installations, proposals, steps of matters, webhook endpoints and test events. The ids
// are not secret.
const (
	clientPrefix       = "cl_"
	keyPrefix          = "ak_"
	installationPrefix = "in_"
	proposalPrefix     = "pr_"
	stepPrefix         = "as_"
	endpointPrefix     = "we_"
	testEventPrefix    = "te_"
	codeLength         = 10
	// crockford is Crockford's base 32 alphabet. It has no I, L, O or U, so that ids can be read over the telephone.
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// NewClientID returns a random id, one of 2^50, such as cl_7K2M9QXA4T. A UNIQUE index detects a collision.
func NewClientID() string { return clientPrefix + newCode() }

// NewKeyID returns a random id, one of 2^50, such as ak_7K2M9QXA4T.
func NewKeyID() string { return keyPrefix + newCode() }

// NewInstallationID returns a random id, one of 2^50, such as in_7K2M9QXA4T.
func NewInstallationID() string { return installationPrefix + newCode() }

// NewProposalCode returns a random code, one of 2^50, such as pr_7K2M9QXA4T.
func NewProposalCode() string { return proposalPrefix + newCode() }

// NewStepCode returns a random code, one of 2^50, such as as_7K2M9QXA4T.
func NewStepCode() string { return stepPrefix + newCode() }

// NewEndpointID returns a random id of a webhook endpoint, one of 2^50, such as we_7K2M9QXA4T.
func NewEndpointID() string { return endpointPrefix + newCode() }

// NewTestEventID returns a random id of a test event, one of 2^50, such as te_7K2M9QXA4T.
func NewTestEventID() string { return testEventPrefix + newCode() }

// IsClientID reports whether a text has the form of a client's id.
func IsClientID(text string) bool { return isCode(text, clientPrefix) }

// IsKeyID reports whether a text has the form of an API key's id.
func IsKeyID(text string) bool { return isCode(text, keyPrefix) }

// IsInstallationID reports whether a text has the form of an installation's id.
func IsInstallationID(text string) bool { return isCode(text, installationPrefix) }

// IsProposalCode reports whether a text has the form of a proposal's code.
func IsProposalCode(text string) bool { return isCode(text, proposalPrefix) }

// IsEndpointID reports whether a text has the form of a webhook endpoint's id.
func IsEndpointID(text string) bool { return isCode(text, endpointPrefix) }

func newCode() string {
	var random [codeLength]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	for i, b := range random {
		random[i] = crockford[b%32]
	}
	return string(random[:])
}

func isCode(text, prefix string) bool {
	code, found := strings.CutPrefix(text, prefix)
	return found && len(code) == codeLength && strings.Trim(code, crockford) == ""
}
