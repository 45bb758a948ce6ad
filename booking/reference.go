package booking

import (
	"crypto/rand"
	"strings"

	"farebook/validation"
)

// Reference identifies a booking for travellers and operators: "FB-7K2M9QXA".
type Reference string

// RefundID identifies a refund for travellers and operators: "RF-7K2M9QXA".
type RefundID string

const (
	referencePrefix = "FB-"
	refundPrefix    = "RF-"
	codeLength      = 8
	// crockford is Crockford's base 32 alphabet. It has no I, L, O or U, so that codes can be read over the telephone.
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// NewReference returns a random reference, one of 2^40. The UNIQUE index on bookings detects a collision.
func NewReference() Reference { return Reference(referencePrefix + newCode()) }

// NewRefundID returns a random refund id, one of 2^40.
func NewRefundID() RefundID { return RefundID(refundPrefix + newCode()) }

// ReferenceFrom derives a reference from the first eight bytes of a hash. The same request yields the same reference, and
// nobody without the hash's key can guess it.
func ReferenceFrom(hash []byte) Reference { return Reference(referencePrefix + codeOf(hash)) }

// RefundIDFrom derives a refund id from a hash, as ReferenceFrom does.
func RefundIDFrom(hash []byte) RefundID { return RefundID(refundPrefix + codeOf(hash)) }

func newCode() string {
	random := make([]byte, codeLength)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the program instead
	return codeOf(random)
}

func codeOf(random []byte) string {
	code := make([]byte, codeLength)
	for i := range code {
		code[i] = crockford[random[i]%32]
	}
	return string(code)
}

// ParseReference accepts exactly the references that NewReference returns.
func ParseReference(text string) (Reference, error) {
	if isCode(text, referencePrefix) {
		return Reference(text), nil
	}
	return "", &validation.FieldError{
		Field: "reference", Problem: "is not a booking reference",
		Fix: "send FB- and eight capital letters or digits",
	}
}

// ParseRefundID accepts exactly the ids that NewRefundID returns.
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
