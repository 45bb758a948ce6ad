package view_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/starter/view"
)

// A name that draws like another one, or turns a list around, is no name: operators choose clients and grant scopes by it.
func TestNamesThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", " shop", "shop ", "shop\n", "sh\x1b[31mop", "sh\x7fop", "sh\u009bop", // controls
		"shop\u202egnp", "\u202dshop", "shop\u2066", "\u200fshop", "shop\u061c", // directions
		"sh\u200bop", "shop\u200d", "\u200cshop", "\ufeffshop", "sh\u00adop", "shop\u3164", "shop\U000e0041", // invisible
		"the\u00a0shop", "the\u2028shop", "the\u3000shop", // spaces of other kinds
		"shop\xff", "shop\ufffd", strings.Repeat("x", 101), "cl_7K2M9QXA4T",
	} {
		require.Error(t, view.CheckClientName(name), "%q", name)
	}
	for _, name := range []string{"shop", "Shop #7", "متجر", "旅行社", "Café d’Été", strings.Repeat("é", 100)} {
		require.NoError(t, view.CheckClientName(name), "%q", name)
	}
}
