package test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// startAPIOf runs one more API, whose worker is of a build.
func startAPIOf(s *testkit.Stack, build string) testkit.APIProcess {
	s.T.Helper()
	return s.StartAPI("API_WORKER=true", "TEMPORAL_DEPLOYMENT_NAME="+s.Deployment(), "TEMPORAL_WORKER_BUILD_ID="+build)
}

// bookHere books at an API until it starts eagerly, and waits until the build of its worker has the workflow: a first task that times out
// would go to the build that is current then.
func bookHere(s *testkit.Stack, api testkit.APIProcess, build, key string) testkit.Booked {
	s.T.Helper()
	booked := awaitFirstStepsAt(s, api.Client, key)
	requireBuild(s, s.WorkflowID(booked.Reference), build)
	return booked
}

// bookElsewhere books at an API until it no longer starts eagerly, and then some more: none is started eagerly, all begin on a build.
func bookElsewhere(s *testkit.Stack, api testkit.APIProcess, build, key string) (all []testkit.Booked) {
	s.T.Helper()
	for tries := 0; len(all) < 5; tries++ {
		require.Less(s.T, tries, 300, "the API does not notice that build %s is current; logs:\n%s", build, s.Logs)
		booked := bookUntilTaken(s, api.Client, fmt.Sprintf("%s-%d", key, tries), testkit.BookingBody(nil))
		eager := startedEagerly(s, booked.Reference)
		if eager {
			require.Empty(s.T, all, "it asks for an eager start again")
			continue
		}
		requireBuild(s, s.WorkflowID(booked.Reference), build)
		all = append(all, booked)
	}
	return all
}

// An eager start ignores Worker Versioning, so an API asks for one only while its build is current: otherwise its bookings begin on the
// current build. A promotion and a rollback are noticed while both APIs run, and every booking ends on the build that began it, also when
// the API that began it has ended.
func TestOnlyAPIsOfTheCurrentBuildStartEagerly(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, NoWorker: true})
	s.StartBuild(running)
	requireDeploy(s, "promote", running, "--wait", "1m")
	first, second := startAPIOf(s, running), startAPIOf(s, next)
	_, err := deploy(s, "promote", next)
	require.ErrorContains(t, err, "no worker of build next polls", "the API's worker reconciles nothing")
	s.StartBuild(next)
	onRunning := []testkit.Booked{bookHere(s, first, running, "current")}
	onRunning = append(onRunning, bookElsewhere(s, second, running, "not-current")...)

	requireDeploy(s, "promote", next, "--wait", "1m")
	onNext := []testkit.Booked{bookHere(s, second, next, "promoted")}
	onNext = append(onNext, bookElsewhere(s, first, next, "replaced")...)

	requireDeploy(s, "rollback")
	onRunning = append(onRunning, bookHere(s, first, running, "back"))
	onRunning = append(onRunning, bookElsewhere(s, second, running, "rolled-back")...)

	second.End()
	payOn(s, running, onRunning...)
	payOn(s, next, onNext...)
	require.Equal(t, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"), s.CreatedPaymentIntents())
	s.AwaitQuiet()
	s.RequirePromises()
}
