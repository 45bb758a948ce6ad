package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/workflows"
)

var webhooks *activities.Webhooks

// delivers answers for the activity, one result a call, and notes when each call was made.
func (s *scenario) delivers(results ...activities.EventsDelivered) *[]time.Duration {
	var calls []time.Duration
	s.env.RegisterActivity(webhooks.DeliverEvents)
	for _, result := range results {
		s.env.OnActivity(webhooks.DeliverEvents, mock.Anything, activities.DeliverEventsInput{EndpointID: "we_1"}).Return(result, nil).Once().
			Run(func(mock.Arguments) { calls = append(calls, s.env.Now().Sub(began)) })
	}
	return &calls
}

// The workflow of an endpoint delivers until nothing is left, waits after a failure as long as the activity says, and ends: an idle
// endpoint has no run.
func TestDeliveriesEndWhenNothingIsLeft(t *testing.T) {
	s := newScenario(t)
	calls := s.delivers(activities.EventsDelivered{Delivered: 20, More: true}, activities.EventsDelivered{RetryIn: time.Hour},
		activities.EventsDelivered{Delivered: 1, More: true}, activities.EventsDelivered{})
	s.env.ExecuteWorkflow(workflows.DeliverWebhooks, workflows.DeliverWebhooksInput{EndpointID: "we_1"})
	require.True(t, s.env.IsWorkflowCompleted())
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []time.Duration{0, 0, time.Hour, time.Hour}, *calls)
}

// New events of a receiver that is away do not have it tried more often; an operator does.
func TestOnlyAnOperatorEndsTheWaitAfterAFailure(t *testing.T) {
	s := newScenario(t)
	calls := s.delivers(activities.EventsDelivered{RetryIn: 10 * time.Hour}, activities.EventsDelivered{})
	for _, signal := range []struct {
		after time.Duration
		now   bool
	}{{time.Minute, false}, {2 * time.Minute, false}, {time.Hour, true}} {
		s.env.RegisterDelayedCallback(func() {
			s.env.SignalWorkflow(workflows.SignalWebhooks, workflows.WebhooksSignal{Now: signal.now})
		}, signal.after)
	}
	s.env.ExecuteWorkflow(workflows.DeliverWebhooks, workflows.DeliverWebhooksInput{EndpointID: "we_1"})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []time.Duration{0, time.Hour}, *calls)
}

// The signals of a receiver that is away make a history long: a new run continues the wait, once no email is under way.
func TestDeliveriesWithALongHistoryContinueAsNew(t *testing.T) {
	s := newScenario(t)
	calls := s.delivers(activities.EventsDelivered{RetryIn: 10 * time.Hour, EmailIDs: []uint64{7}},
		activities.EventsDelivered{RetryIn: 9 * time.Hour})
	s.slowEmails(time.Hour)
	s.after(time.Minute, func() { s.env.SetContinueAsNewSuggested(true) })
	for _, wait := range []time.Duration{2 * time.Minute, 2 * time.Hour} {
		s.after(wait, func() { s.env.SignalWorkflow(workflows.SignalWebhooks, workflows.WebhooksSignal{}) })
	}
	s.env.ExecuteWorkflow(workflows.DeliverWebhooks, workflows.DeliverWebhooksInput{EndpointID: "we_1"})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &again)
	require.Equal(t, workflows.TypeDeliverWebhooks, again.WorkflowType.Name)
	require.Equal(t, []time.Duration{0, 2 * time.Minute}, *calls)
	require.Equal(t, 2*time.Hour, s.env.Now().Sub(began))
}

// An endpoint that is enabled again while the email about it cannot be sent gets its events.
func TestAMailServerThatIsAwayKeepsNoEventsWaiting(t *testing.T) {
	s := newScenario(t)
	calls := s.delivers(activities.EventsDelivered{Disabled: true, EmailIDs: []uint64{7}}, activities.EventsDelivered{Delivered: 1})
	s.slowEmails(10 * time.Hour)
	s.after(time.Hour, func() { s.env.SignalWorkflow(workflows.SignalWebhooks, workflows.WebhooksSignal{Now: true}) })
	s.env.ExecuteWorkflow(workflows.DeliverWebhooks, workflows.DeliverWebhooksInput{EndpointID: "we_1"})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []time.Duration{0, time.Hour}, *calls)
	require.Equal(t, 10*time.Hour, s.env.Now().Sub(began))
}
