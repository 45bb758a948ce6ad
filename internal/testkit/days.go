package testkit

import (
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"farebook/internal/logging"
	"farebook/worker/service"
)

// Days runs one workflow in Temporal's own environment for tests, in which the time that workflows wait for passes at once:
// days, in which a mail server stays away or a bank takes its time. It retries an activity ten times at most. Activities, database, Stripe and mail server are the
// stack's. No worker should be beside it.
func (s *Stack) Days() *testsuite.TestWorkflowEnvironment {
	s.T.Helper()
	all, err := service.NewActivities(s.Config, s.DB.Store, logging.New(s.Logs, "worker", s.Config.LogLevel))
	require.NoError(s.T, err)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quietTemporal())
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(Patience)
	env.SetStartTime(time.Now())
	service.Register(env, all)
	return env
}
