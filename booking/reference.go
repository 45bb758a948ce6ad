package booking

import (
	"crypto/rand"
	"strings"
)

// Reference is what a traveller and an operator call a booking: "FB-7K2M9QXA".
type Reference string

const (
	referencePrefix = "FB-"
	referenceLength = 8
	// crockford is Crockford's base 32: no I, L, O or U, so that it survives being read over the telephone.
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// NewReference draws one of 2^40. The UNIQUE index of bookings decides about the rare twin.
func NewReference() Reference {
	var random [referenceLength]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the program instead (crypto/rand)
	for i, b := range random {
		random[i] = crockford[b%32]
	}
	return Reference(referencePrefix + string(random[:]))
}

// ParseReference accepts exactly what NewReference makes.
func ParseReference(text string) (Reference, error) {
	code, found := strings.CutPrefix(text, referencePrefix)
	if found && len(code) == referenceLength && strings.Trim(code, crockford) == "" {
		return Reference(text), nil
	}
	return "", &FieldError{Field: "reference", Problem: "is not a booking reference", Fix: "send FB- and eight capital letters or digits"}
}
