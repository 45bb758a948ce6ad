package test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/starter/inbox"
)

// stripeEvents are the types of events in Stripe's OpenAPI document and its fixtures of the objects that they are about, written by
// conformance/parameters; `make conformance` checks that they are up to date.
//
//go:embed testdata/stripe_events.json
var stripeEvents []byte

// eventVersions are API versions that accounts have: old, with the flag of a preview, newer than ours, and ours.
var eventVersions = []string{"2014-01-31", "2022-08-01; orders_beta=v4", "2025-03-31.basil", ""}

// eventCorpus is an event of every type, each with an object that nobody here wrote.
type eventCorpus struct {
	About   map[string]string          `json:"about"` // the object's name by the type of event; empty where Stripe has no fixture
	Objects map[string]json.RawMessage `json:"objects"`
}

func readEvents(t *testing.T) eventCorpus {
	t.Helper()
	var corpus eventCorpus
	require.NoError(t, json.Unmarshal(stripeEvents, &corpus))
	for _, kind := range inbox.Types() {
		if corpus.About[kind] == "" {
			corpus.About[kind] = "refund"
			require.Equal(t, "refund.failed", kind, "the only type that is newer than the document")
		}
	}
	require.Greater(t, len(corpus.About), 200)
	return corpus
}

// object is the fixture of what a type is about, or one with an id alone, with some of its fields replaced.
func (c eventCorpus) object(t *testing.T, kind string, replaced map[string]any) []byte {
	t.Helper()
	object := map[string]any{"id": "obj_1Unknown"}
	if fixture, found := c.Objects[c.About[kind]]; found {
		require.NoError(t, json.Unmarshal(fixture, &object))
	}
	maps.Copy(object, replaced)
	body, err := json.Marshal(object)
	require.NoError(t, err)
	return body
}

// An event of every type that Stripe can send, about objects that our account does not have, from any API version: each is acknowledged
// and comes to an end with a reason, whether it is a connected account's, or names a booking of ours. No run fails and no money moves.
func TestEventsOfEveryTypeComeToAnEnd(t *testing.T) {
	t.Parallel()
	corpus := readEvents(t)
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("ours", nil)
	s.AwaitQuiet()
	ledger, before := s.LedgerDigest(), s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events")
	posted := 0
	deliver := func(kind, account string, replaced map[string]any) {
		status := s.DeliverMade(fakestripe.MadeEvent{
			Type: kind, Object: corpus.object(t, kind, replaced), Account: account, APIVersion: eventVersions[posted%len(eventVersions)],
		})
		require.Equal(t, http.StatusOK, status, "%s %s", kind, account)
		posted++
	}
	for _, kind := range slices.Sorted(maps.Keys(corpus.About)) {
		deliver(kind, "", nil)
		deliver(kind, "acct_1Connected", nil)
		deliver(kind, "", map[string]any{
			"payment_intent": booked.Payment.PaymentIntentID, "metadata": map[string]string{"booking_reference": booked.Reference},
		})
	}
	ours := map[string]string{
		"payment_intent": booked.Payment.PaymentIntentID,
		"charge":         s.DB.Text(t, "SELECT stripe_charge_id FROM payments"),
	}
	for _, kind := range slices.Sorted(maps.Keys(corpus.About)) {
		id := ours[corpus.About[kind]]
		if id != "" { // it says of ours what Stripe does not
			deliver(kind, "", map[string]any{"id": id, "payment_intent": booked.Payment.PaymentIntentID})
		}
	}
	deliver("ping", "", nil)
	requireThinEventsRefused(s)
	requireEventsEnd(s)

	require.Equal(t, before+posted, s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events"))
	require.Equal(t, len(corpus.About),
		s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE account = 'acct_1Connected' AND state = 'not_ours'"))
	require.Equal(t, ledger, s.LedgerDigest())
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	requireNoRunEverFailed(s)
	requireNoAttention(s)
	s.RequirePromises()
}

// requireNoRunEverFailed also counts runs that a later run of the same workflow has made good.
func requireNoRunEverFailed(s *testkit.Stack) {
	s.T.Helper()
	query := fmt.Sprintf("TaskQueue = %q AND ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated')", s.Config.TaskQueue)
	failed, err := s.Temporal.ListWorkflow(s.T.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
	require.NoError(s.T, err)
	for _, run := range failed.GetExecutions() {
		require.Fail(s.T, "a run failed", "%s, run %s", run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId())
	}
}

// requireThinEventsRefused holds that events of API v2 are no failure of ours, and leave nothing in the inbox.
func requireThinEventsRefused(s *testkit.Stack) {
	s.T.Helper()
	for _, kind := range []string{
		"v2.core.event_destination.ping", "v1.billing.meter.error_report_triggered",
		"v2.money_management.payout.posted",
	} {
		status, err := s.Stripe.DeliverThin(kind)
		require.NoError(s.T, err)
		require.Equal(s.T, http.StatusBadRequest, status, kind)
	}
}

// requireEventsEnd waits, past Stripe's being behind itself, until each event has a last state, and requires a reason for each that was
// not acted on.
func requireEventsEnd(s *testkit.Stack) {
	s.T.Helper()
	s.Eventually(func() bool {
		return s.DB.Count(s.T, "SELECT COUNT(*) FROM stripe_events WHERE processed = FALSE AND attempts = 0") == 0
	}, "not handed on")
	patienceIsOver(s)
	s.Eventually(func() bool {
		return s.DB.Count(s.T, "SELECT COUNT(*) FROM stripe_events WHERE state IN ('received', 'processing')") == 0
	}, "events wait for ever; logs:\n%s", s.Logs)
	require.Empty(s.T, s.DB.Text(s.T, `SELECT COALESCE(GROUP_CONCAT(stripe_event_id, ' ', type, ' ', state), '') FROM stripe_events
		WHERE state <> 'processed' AND note = '' AND last_error = ''`), "events without a reason")
}
