package test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// fleet is several API processes and several workers over one database, one task queue and one Stripe account.
type fleet struct {
	*testkit.Stack

	apis    []testkit.APIProcess
	workers []*testkit.Process
}

// startFleet starts a stack with this many API processes and workers. Clients reach the APIs directly; Stripe's webhooks reach them in
// turn.
func startFleet(t testing.TB, options testkit.Options, apis, workers int) fleet {
	t.Helper()
	options.Processes = true
	s := testkit.New(t, options)
	f := fleet{Stack: s, apis: []testkit.APIProcess{s.FirstAPI()}, workers: []*testkit.Process{s.FirstWorker()}}
	for len(f.apis) < apis {
		f.apis = append(f.apis, s.StartAPI())
	}
	for len(f.workers) < workers {
		f.workers = append(f.workers, s.StartProcess("worker", ""))
	}
	s.AwaitPolling(workers)
	s.WebhooksTo(s.Balanced(f.apis...))
	return f
}

// names calls each process by its kind and number, by its pid.
func (f fleet) names() map[int]string {
	names := map[int]string{}
	for i, api := range f.apis {
		names[api.Pid()] = fmt.Sprintf("API %d", i+1)
	}
	for i, worker := range f.workers {
		names[worker.Pid()] = fmt.Sprintf("worker %d", i+1)
	}
	return names
}

// bookAt makes a booking at one of the APIs.
func (f fleet) bookAt(api testkit.APIProcess, key string) testkit.Booked {
	f.T.Helper()
	answer, err := api.Client.Ask(http.MethodPost, "/v1/bookings", key, testkit.BookingBody(nil))
	require.NoError(f.T, err)
	require.Equal(f.T, http.StatusCreated, answer.Status, "%s", answer.Body)
	var booked testkit.Booked
	answer.Into(f.T, &booked)
	return booked
}

// A booking is made at one API and paid at another, and the worker that began it dies in between: another worker completes it. Every
// process takes part, and no booking depends on the one that had it.
func TestBookingsPassThroughTwoAPIsAndThreeWorkers(t *testing.T) {
	t.Parallel()
	// No sweeper repeats the signal of an event, and the workers begin every booking.
	f := startFleet(t, testkit.Options{Sweep: time.Hour, Steps: testkit.InWorker}, 2, 3)
	names := f.names()
	made := map[int]map[string]testkit.Booked{} // by the API's pid, by reference
	began := map[string]int{}                   // the worker, by reference
	for i := 0; len(workersOf(began)) < len(f.workers) || i%len(f.apis) > 0; i++ {
		require.Less(t, i, 200, "one worker gets no booking: %v", began)
		api := f.apis[i%len(f.apis)]
		booked := f.bookAt(api, fmt.Sprintf("shared-%d", i))
		if made[api.Pid()] == nil {
			made[api.Pid()] = map[string]testkit.Booked{}
		}
		made[api.Pid()][booked.Reference] = booked
		began[booked.Reference] = f.awaitBegun(booked.Reference)
	}
	lost := f.workers[0].Pid()
	f.workers[0].End()
	for i, api := range f.apis {
		f.WebhooksTo(f.apis[(i+1)%len(f.apis)].Client) // the other one
		for _, booked := range made[api.Pid()] {
			require.Equal(t, http.StatusOK, f.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
		}
		f.Stripe.Settle()
	}
	taken := map[string]int{}
	for maker, bookings := range made {
		for reference := range bookings {
			f.AwaitWorkflowEnd(reference)
			hands := f.HandsOn(reference)
			require.Equal(t, maker, hands.Started, "the API that took the request starts the workflow")
			require.NotEmpty(t, hands.Signalled)
			require.NotContains(t, hands.Signalled, maker, "the other API has received the webhooks")
			last := hands.Worked[len(hands.Worked)-1]
			require.NotEqual(t, lost, last, "a worker that is dead completes nothing")
			for _, pid := range []int{hands.Started, hands.Signalled[0], began[reference], last} {
				require.Contains(t, names, pid, "a process that is not of this fleet")
				taken[names[pid]]++
			}
		}
	}
	require.Len(t, taken, len(f.apis)+len(f.workers), "every process takes part: %v", taken)
	f.AwaitQuiet()
	require.Equal(t, len(began), f.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE status = 'confirmed'"))
	require.Equal(t, len(began), f.CreatedPaymentIntents())
	f.RequirePromises()
}

// awaitBegun waits until the first task of a booking's workflow is complete, and returns the process that completed it.
func (f fleet) awaitBegun(reference string) (pid int) {
	f.T.Helper()
	f.Eventually(func() bool {
		worked := f.HandsOn(reference).Worked
		if len(worked) > 0 {
			pid = worked[0]
		}
		return pid != 0
	}, "%s does not begin; logs:\n%s", reference, f.Logs)
	return pid
}

func workersOf(began map[string]int) map[int]bool {
	workers := map[int]bool{}
	for _, pid := range began {
		workers[pid] = true
	}
	return workers
}

// What must hold once for all processes is in MySQL, and not in one of them: idempotency keys, refunds that are reserved, revoked keys,
// fences. What is held in a process, such as the rate limits, holds for that process alone.
func TestTwoAPIsShareEverythingButTheirLimits(t *testing.T) {
	t.Parallel()
	f := startFleet(t, testkit.Options{}, 2, 1)
	both := f.Balanced(f.apis...)
	t.Run("one key makes one booking", func(t *testing.T) {
		references := f.inTurn(both, 20, func(int) (string, string, []byte) { return "/v1/bookings", "one-key", testkit.BookingBody(nil) })
		require.Contains(t, references, http.StatusCreated)
		require.Subset(t, []int{http.StatusCreated, http.StatusConflict}, slices.Collect(maps.Keys(references)))
		require.Equal(t, 1, f.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
		require.Equal(t, 1, f.CreatedPaymentIntents())
	})
	t.Run("refunds stay within the captured", func(t *testing.T) {
		booked := f.BookAndPay("refunded", nil)
		statuses := f.inTurn(both, 20, func(i int) (string, string, []byte) {
			return "/v1/bookings/" + booked.Reference + "/refunds", fmt.Sprintf("refund-%d", i), []byte(usd(10_000))
		})
		require.Equal(t, 4, statuses[http.StatusCreated], "45,900 is four times 10,000 and a rest: %v", statuses)
		f.AwaitQuiet()
	})
	t.Run("a fence holds at both", func(t *testing.T) {
		fence := f.StarterCommand("fence", "raise", "--reason", "a test of two APIs")
		require.NoError(t, fence.Run())
		for _, api := range f.apis {
			answer, err := api.Client.Ask(http.MethodPost, "/v1/bookings", "fenced", testkit.BookingBody(nil))
			require.NoError(t, err)
			require.Equal(t, http.StatusServiceUnavailable, answer.Status, "%s", answer.Body)
		}
		require.NoError(t, f.StarterCommand("fence", "lower", "--note", "tested").Run())
	})
	t.Run("a rate limit holds for one API", func(t *testing.T) {
		slow, other := f.StartAPI("RATE_READS_PER_SECOND=2"), f.StartAPI("RATE_READS_PER_SECOND=2")
		// At once: a busy machine sends two requests a second one after another, which are within the rate.
		f.Eventually(func() bool { return f.readAtOnce(slow, 20)[http.StatusTooManyRequests] > 0 }, "an API does not limit reads")
		require.Equal(t, http.StatusOK, f.read(other), "another API has not counted these requests")
	})
	t.Run("a revoked key is refused by both", func(t *testing.T) {
		for _, api := range f.apis {
			require.Equal(t, http.StatusOK, f.read(api))
		}
		require.NoError(t, f.StarterCommand("api-key", "revoke", f.DB.Text(t, "SELECT key_id FROM api_keys")).Run())
		for _, api := range f.apis {
			require.Equal(t, http.StatusUnauthorized, f.read(api))
		}
	})
	f.AwaitQuiet()
	f.RequirePromises()
}

// read reads an object of a client through one API and returns the status.
func (f fleet) read(api testkit.APIProcess) int {
	f.T.Helper()
	reference := f.DB.Text(f.T, "SELECT MIN(reference) FROM bookings")
	answer, err := api.Client.Ask(http.MethodGet, "/v1/bookings/"+reference, "", nil)
	require.NoError(f.T, err)
	return answer.Status
}

// readAtOnce does so many times at once, and counts the statuses.
func (f fleet) readAtOnce(api testkit.APIProcess, times int) map[int]int {
	f.T.Helper()
	statuses := make([]int, times)
	var group sync.WaitGroup
	for i := range statuses {
		group.Go(func() { statuses[i] = f.read(api) })
	}
	group.Wait()
	counts := map[int]int{}
	for _, status := range statuses {
		counts[status]++
	}
	return counts
}

// inTurn sends requests at once through a load balancer and counts the statuses of the answers.
func (f fleet) inTurn(both *testkit.APIClient, requests int, request func(i int) (path, key string, body []byte)) map[int]int {
	f.T.Helper()
	var mu sync.Mutex
	statuses := map[int]int{}
	var group sync.WaitGroup
	for i := range requests {
		group.Go(func() {
			path, key, body := request(i)
			answer, err := both.Ask(http.MethodPost, path, key, body)
			if err != nil {
				answer.Status = -1
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[answer.Status]++
		})
	}
	group.Wait()
	return statuses
}
