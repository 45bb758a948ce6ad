package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

// An unknown or missing category is left to an operator and never posted automatically.
func TestUnknownCategoryIsAPersons(t *testing.T) {
	t.Parallel()
	for _, category := range []string{"", "minimum_balance_hold", "Charge", "charge "} {
		require.Equal(t, booking.RoutePerson, booking.RouteOf(category), category)
	}
}

// Each category stands in the table once, with what becomes of it and why.
func TestEachCategoryIsDecidedOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, category := range booking.Categories {
		require.False(t, seen[category.Name], category.Name)
		seen[category.Name] = true
		require.NotEmpty(t, category.Types, category.Name)
		require.NotEmpty(t, category.Why, category.Name)
		require.Equal(t, category.Route, booking.RouteOf(category.Name))
	}
}
