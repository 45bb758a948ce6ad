package test

import (
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"farebook/internal/dev/failpoints"
	"farebook/internal/dev/testkit"
)

// The same lives, with worker and API as processes that are killed with SIGKILL: each at one of its failpoints, between a side
// effect and its record, and either at any moment of any step. They are started again, and clients ask again with the same
// key; the promises are the same.
func TestAnySequenceWithDeathsKeepsThePromises(t *testing.T) {
	t.Parallel()
	worker, err := failpoints.In("../activities")
	require.NoError(t, err)
	api, err := failpoints.In("../starter")
	require.NoError(t, err)
	places := map[bool][]string{false: api, true: slices.Concat(api, worker)} // by whether the API carries out steps as well
	deaths := 0
	rapid.Check(t, func(rt *rapid.T) {
		stack := &lifetime{TB: t}
		defer stack.end()
		beside := rapid.Bool().Draw(rt, "the API has a worker")
		m := &model{t: rt, deadly: true, revenue: rapid.SampledFrom(revenues).Draw(rt, "revenue")}
		m.s = testkit.New(stack, testkit.Options{
			Processes: true, HoldMinute: quickHolds, Env: append([]string{"API_WORKER=" + strconv.FormatBool(beside)}, m.revenue...),
			WorkerFailpoint: rapid.SampledFrom(worker).Draw(rt, "worker dies at"),
			APIFailpoint:    rapid.SampledFrom(places[beside]).Draw(rt, "API dies at"),
		})
		m.die(rt, m.book) // a life may be too short to reach a failpoint, or to draw a death
		actions := m.actions()
		actions["death"] = m.death
		m.live(actions)
		deaths += m.s.Deaths()
	})
	require.Positive(t, deaths, "lives in which nobody died prove nothing")
}

// death kills worker or API in the middle of a step.
func (m *model) death(rt *rapid.T) {
	step := rapid.SampledFrom([]string{
		"book", "pay", "capture", "cancel", "refund", "refund by hand", "bank about refund", "dispute", "pay out", "old event",
	}).Draw(rt, "step")
	m.die(rt, m.actions()[step])
}

// die kills worker or API when so many lines of log have been written since a step began.
func (m *model) die(rt *rapid.T, step func(*rapid.T)) {
	who := rapid.SampledFrom([]string{"worker", "starter"}).Draw(rt, "who")
	killed := m.s.KillWithin(who, rapid.IntRange(0, 20).Draw(rt, "lines"))
	defer func() { // also when the step has nothing to do, and is skipped
		<-killed
		m.s.Eventually(m.s.API.Ready, "the API did not come back; logs:\n%s", m.s.Logs)
	}()
	step(rt)
}

// unanswered tells that the answer says to ask again: a part is away, or another request has the key, also one that died.
func unanswered(answer testkit.Answer) bool {
	return answer.Status >= http.StatusInternalServerError || answer.Header.Get("Retry-After") != ""
}

// askAgain is what a client does that got no answer: the same key and body until there is one.
func (m *model) askAgain(path, key string, body []byte) (answer testkit.Answer, err error) {
	m.s.Eventually(func() bool {
		answer, err = m.s.API.Do(http.MethodPost, path, key, body)
		return err == nil && !unanswered(answer)
	}, "POST %s got no answer; logs:\n%s", path, m.s.Logs)
	return answer, err
}
