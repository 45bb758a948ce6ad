package contract

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReportSaysHowManyHold(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	broken, err := Report(t.Context(), standIn(t), &out)
	require.NoError(t, err)
	require.Zero(t, broken, out.String())
	require.Regexp(t, `^stand-in: (\d+) of (\d+) scenarios hold\n$`, out.String())
}

// A report shows the expected and the found lines of a scenario that does not hold, and its assumption.
func TestReportShowsWhatDoesNotHold(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	writeBroken(&out, &Target{name: "Stripe"}, Scenario{Name: "a card pays", Assumption: "it does", Want: []string{"a: 1", "b: 2"}},
		&Facts{Lines: []string{"a: 1", "b: 3"}}, errors.New("no answer"))
	require.Equal(t, "Stripe: a card pays\n  assumed: it does\n  expected  b: 2\n  found     b: 3\n  stopped   no answer\n", out.String())
	missing, more := Missing(map[string][]string{"charge": {"id", "paid"}}, map[string][]string{"charge": {"id", "mood"}})
	require.Equal(t, []string{"charge.paid"}, missing)
	require.Equal(t, []string{"charge.mood"}, more)
}
