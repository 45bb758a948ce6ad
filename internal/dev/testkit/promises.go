package testkit

import (
	"errors"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/promises"
)

// RequirePromises requires the promises of the README after all work is done: by SQL, and against the stand-in's state. It also
// requires that a request has met each scripted fault.
func (s *Stack) RequirePromises() {
	s.T.Helper()
	require.Empty(s.T, s.Stripe.Faults().Unmet(), "faults that no request has met")
	require.NoError(s.T, s.Promises())
}

// Promises returns the broken promises, or nil.
func (s *Stack) Promises() error { return broken(s.checker().All(s.T.Context())) }

// StripePromises checks those that hold at every moment by Stripe's state, whatever the books know yet.
func (s *Stack) StripePromises() error { return broken(s.checker().AtStripe(s.T.Context())) }

// BooksPromises checks those that hold at every moment by the books, also while events are on their way.
func (s *Stack) BooksPromises() error { return broken(s.checker().BooksHold(s.T.Context())) }

// ClearingEqualsStripe checks promise 5: the clearing account equals Stripe's balance in every currency that either of them has.
func (s *Stack) ClearingEqualsStripe() error {
	return broken(s.checker().ClearingEqualsStripe(s.T.Context()))
}

func (s *Stack) checker() promises.Checker {
	return promises.Checker{Stripe: s.Stripe, Books: s.DB.Store, SQL: s.DB.SQL, OlderRelease: s.olderRelease}
}

// broken makes an error of broken promises.
func broken(sentences []string, err error) error {
	errs := []error{err}
	for _, sentence := range sentences {
		errs = append(errs, errors.New(sentence))
	}
	return errors.Join(errs...)
}
