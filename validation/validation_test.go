package validation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/validation"
)

func TestErrorsReadAsSentences(t *testing.T) {
	t.Parallel()
	errs := validation.FieldErrors{{Field: "customer.email", Problem: "is empty", Fix: "send one address"}, {Field: "a", Problem: "is wrong"}}
	require.EqualError(t, errs, "customer.email is empty: send one address; a is wrong")
}
