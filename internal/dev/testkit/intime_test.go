package testkit_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/internal/wait"
)

// said is an answer of the API to a request that took so long.
type said struct {
	status int
	body   string
	took   time.Duration
}

const (
	late       = `{"type":"urn:farebook:problem:unavailable","detail":"The database is unavailable. Nothing is lost: repeat"}`
	laterStill = `{"type":"urn:farebook:problem:unavailable","detail":"The payment service is unavailable. Nothing is lost: repeat"}`
	notReady   = `{"type":"urn:farebook:problem:not-ready"}`
	fenced     = `{"type":"urn:farebook:problem:fenced","detail":"No money moves"}`
	inProgress = `{"type":"urn:farebook:problem:idempotency-in-progress"}`
)

// A request is sent again where a part has met the API's limit of time. A 503 that comes sooner, or for another reason, is the answer.
func TestOnlyLateAnswersAreAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers []said
		asked   int
	}{
		"in time":                           {[]said{{http.StatusOK, "", time.Minute}}, 1},
		"the database is late":              {[]said{{503, late, 2 * time.Second}, {201, "", 0}}, 2},
		"the database is late twice":        {[]said{{503, late, 2 * time.Second}, {503, late, 3 * time.Second}, {201, "", 0}}, 3},
		"a 503 of the database at once":     {[]said{{503, late, 1999 * time.Millisecond}, {201, "", 0}}, 1},
		"Temporal is late":                  {[]said{{503, laterStill, 10 * time.Second}, {201, "", 0}}, 2},
		"a 503 of Temporal soon":            {[]said{{503, laterStill, 9 * time.Second}, {201, "", 0}}, 1},
		"not ready after a while":           {[]said{{503, notReady, 2 * time.Second}, {200, "", 0}}, 2},
		"not ready at once":                 {[]said{{503, notReady, time.Second}, {200, "", 0}}, 1},
		"a fence":                           {[]said{{503, fenced, time.Minute}, {201, "", 0}}, 1},
		"a 500":                             {[]said{{500, late, time.Minute}, {201, "", 0}}, 1},
		"the key is still in use":           {[]said{{503, late, 2 * time.Second}, {409, inProgress, time.Second}, {201, "", 0}}, 3},
		"the key is another request's":      {[]said{{409, inProgress, 5 * time.Second}, {201, "", 0}}, 1},
		"a reason that the test cannot say": {[]said{{503, "", 2 * time.Second}, {200, "", 0}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				answer, err := testkit.UntilInTime(func() (testkit.Answer, error) {
					next := c.answers[asked]
					asked++
					return testkit.Answer{Status: next.status, Body: []byte(next.body)}, wait.For(t.Context(), next.took)
				})
				require.NoError(t, err)
				require.Equal(t, c.asked, asked)
				require.Equal(t, c.answers[c.asked-1].status, answer.Status)
			})
		})
	}
}

// A part that stays away is not waited for without an end.
func TestLateAnswersAreNotAskedForWithoutAnEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer, err := testkit.UntilInTime(func() (testkit.Answer, error) {
			return testkit.Answer{Status: http.StatusServiceUnavailable, Body: []byte(late)}, wait.For(t.Context(), 2*time.Second)
		})
		require.NoError(t, err)
		require.Equal(t, http.StatusServiceUnavailable, answer.Status)
	})
}
