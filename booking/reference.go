package booking

import (
	"crypto/rand"
	"strings"

	"farebook/validation"
)

// Reference is what a traveller and an operator call a booking: "FB-7K2M9QXA".
type Reference string

// RefundID is what a traveller and an operator call a refund: "RF-7K2M9QXA".
type RefundID string

const (
	referencePrefix = "FB-"
	refundPrefix    = "RF-"
	codeLength      = 8
	// crockford is Crockford's base 32: no I, L, O or U, so that it survives being read over the telephone.
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// NewReference draws one of 2^40. The UNIQUE index of bookings decides about the rare twin.
func NewReference() Reference { return Reference(referencePrefix + newCode()) }

// NewRefundID draws one of 2^40, as NewReference does.
func NewRefundID() RefundID { return RefundID(refundPrefix + newCode()) }

// ReferenceFrom is the reference that a hash stands for: one that the same request yields again, and that nobody can guess who
// cannot compute the hash. It takes the first eight bytes.
func ReferenceFrom(hash []byte) Reference { return Reference(referencePrefix + codeOf(hash)) }

// RefundIDFrom is ReferenceFrom for a refund.
func RefundIDFrom(hash []byte) RefundID { return RefundID(refundPrefix + codeOf(hash)) }

func newCode() string {
	random := make([]byte, codeLength)
	_, _ = rand.Read(random) // never fails: it ends the program instead (crypto/rand)
	return codeOf(random)
}

func codeOf(random []byte) string {
	code := make([]byte, codeLength)
	for i := range code {
		code[i] = crockford[random[i]%32]
	}
	return string(code)
}

// ParseReference accepts exactly what NewReference makes.
func ParseReference(text string) (Reference, error) {
	if isCode(text, referencePrefix) {
		return Reference(text), nil
	}
	return "", &validation.FieldError{Field: "reference", Problem: "is not a booking reference", Fix: "send FB- and eight capital letters or digits"}
}

// ParseRefundID accepts exactly what NewRefundID makes.
func ParseRefundID(text string) (RefundID, error) {
	if isCode(text, refundPrefix) {
		return RefundID(text), nil
	}
	return "", &validation.FieldError{Field: "id", Problem: "is not a refund's id", Fix: "send RF- and eight capital letters or digits"}
}

func isCode(text, prefix string) bool {
	code, found := strings.CutPrefix(text, prefix)
	return found && len(code) == codeLength && strings.Trim(code, crockford) == ""
}
