package booking_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/validation"
)

func TestNewReferences(t *testing.T) {
	t.Parallel()
	seen, letters := map[booking.Reference]bool{}, map[rune]bool{}
	for range 2000 {
		reference := booking.NewReference()
		parsed, err := booking.ParseReference(string(reference))
		require.NoError(t, err)
		require.Equal(t, reference, parsed)
		require.False(t, seen[reference])
		seen[reference] = true
		for _, letter := range strings.TrimPrefix(string(reference), "FB-") {
			letters[letter] = true
		}
	}
	require.Len(t, letters, 32, "all of Crockford's alphabet is drawn")
}

func TestReferencesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "FB-", "FB", "7K2M9QXA", "fb-7k2m9qxa", "FB-7k2m9qxa", "FB-7K2M9QX", "FB-7K2M9QXAA", "FB-7K2M9QX ", " FB-7K2M9QXA",
		"FB-7K2M9QXI", "FB-7K2M9QXL", "FB-7K2M9QXO", "FB-7K2M9QXU", // the letters that Crockford leaves out
		"FB-7K2M9Q%A", "FB-7K2M9QX\n", "FB-7K2M9QX\x00", "FB-7K2M9QＡ", "FB‑7K2M9QXA", "1=1", "../", "FB-../../x",
		strings.Repeat("FB-7K2M9QXA", 1000),
	} {
		_, err := booking.ParseReference(text)
		var field *validation.FieldError
		require.ErrorAs(t, err, &field, "%q", text)
		require.Equal(t, "reference", field.Field)
	}
}

func FuzzParseReference(f *testing.F) {
	for _, seed := range []string{"FB-7K2M9QXA", "", "FB-", "fb-7k2m9qxa", "FB-FB-FB-FB", "FB-7K2M9QX\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		reference, err := booking.ParseReference(text)
		if err != nil {
			require.Empty(t, reference)
			return
		}
		require.Equal(t, text, string(reference))
		require.Len(t, text, 11)
		require.Equal(t, strings.ToUpper(text), text)
	})
}
