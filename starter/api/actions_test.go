package api_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testdb"
	"farebook/reconciliation"
	"farebook/starter/api"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/store/recon"
)

// audited counts the entries of an action, and requires that the desk asked for each.
func (s *server) audited(action string) int {
	s.t.Helper()
	all := s.db.Count(s.t, "SELECT COUNT(*) FROM audit_log WHERE action = ?", action)
	require.Equal(s.t, all, s.db.Count(s.t, "SELECT COUNT(*) FROM audit_log WHERE action = ? AND actor LIKE 'desk (ak_%'", action))
	return all
}

// act sends a request and reads its answer, if it is a success.
func (s *server) act(want int, path, body, key string, into any) answer {
	s.t.Helper()
	headers := []string{}
	if key != "" {
		headers = append(headers, "Idempotency-Key", key)
	}
	got := s.do(http.MethodPost, path, []byte(body), headers...)
	require.Equal(s.t, want, got.status, "%s: %s", path, got.body)
	if into != nil {
		require.NoError(s.t, json.Unmarshal(got.body, into))
	}
	return got
}

// An event is ignored once, whoever repeats the request, and processed again.
func TestEventsAreIgnoredAndRetriedOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t)).desk(access.OperationsWrite)
	for _, id := range []string{"evt_open", "evt_done"} {
		note := map[string]string{"evt_done": "nothing to do"}[id]
		_, err := s.db.Store.ReceiveEvent(t.Context(), store.Event{
			ID: id, Type: "payment_intent.succeeded", ObjectID: "pi_1", Created: time.Now(), Payload: []byte(`{"id":"x"}`),
		}, note, time.Hour)
		require.NoError(t, err)
	}
	var shown struct{ ID, State, Note, LastError string }
	s.act(http.StatusOK, "/v1/events/evt_open/ignore", `{"note":"a test"}`, "key-1", &shown)
	require.Equal(t, "ignored", shown.State)
	require.Equal(t, "a test", shown.Note)
	replayed := s.act(http.StatusOK, "/v1/events/evt_open/ignore", `{"note":"a test"}`, "key-1", nil)
	require.Equal(t, "true", replayed.header.Get("Idempotent-Replayed"))
	s.act(http.StatusOK, "/v1/events/evt_open/ignore", `{"note":"a test"}`, "", nil)
	require.Equal(t, 1, s.audited("event.ignore"))
	for body, status := range map[string]int{
		"": http.StatusBadRequest, "{}": http.StatusUnprocessableEntity, `{"note":"a\nb"}`: http.StatusUnprocessableEntity,
		`{"note":7}`: http.StatusUnprocessableEntity, `{"note":"a","by":"me"}`: http.StatusUnprocessableEntity,
	} {
		s.act(status, "/v1/events/evt_open/ignore", body, "", nil)
	}
	require.Contains(t, s.act(http.StatusConflict, "/v1/events/evt_done/ignore", `{"note":"x"}`, "", nil).problem(t).Type, "event-processed")
	s.act(http.StatusNotFound, "/v1/events/evt_none/ignore", `{"note":"x"}`, "", nil)
	s.act(http.StatusNotFound, "/v1/events/evt_none/retry", "", "", nil)

	s.act(http.StatusOK, "/v1/events/evt_open/retry", "", "key-2", &shown)
	require.Equal(t, "failed", shown.State, "Temporal is away: the sweeper tries again")
	require.NotEmpty(t, shown.LastError)
	s.act(http.StatusOK, "/v1/events/evt_open/retry", "", "key-2", nil)
	require.Equal(t, 1, s.audited("event.retry"))
}

// A copy of an email is queued once under a key, also when Temporal is away at first.
func TestEmailsAreResentOverHTTP(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	away := serveOn(t, db, withoutTemporal(t)).desk(access.OperationsWrite)
	db.Exec(t, `INSERT INTO emails (kind, audience, dedupe_key, message_id, status, created_at, sent_at)
		VALUES ('payout_failed', 'finance', 'po_1/failed', '<1@example.com>', 'sent', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`)
	id := db.Text(t, "SELECT id FROM emails")
	path := "/v1/emails/" + id + "/resend"
	away.act(http.StatusServiceUnavailable, path, "", "key-1", nil)
	require.Equal(t, 2, db.Count(t, "SELECT COUNT(*) FROM emails"))

	s := *serveOn(t, db, nil)
	s.token = away.token
	var copied struct {
		Number, ResentOf uint64
		Status           string
	}
	s.act(http.StatusOK, path, "", "key-1", &copied)
	require.Equal(t, id, strconv.FormatUint(copied.ResentOf, 10))
	require.Equal(t, 2, db.Count(t, "SELECT COUNT(*) FROM emails"))
	require.Equal(t, "true", s.act(http.StatusOK, path, "", "key-1", nil).header.Get("Idempotent-Replayed"))
	require.Equal(t, 1, s.audited("email.resend"))
	s.act(http.StatusOK, path, "{}", "key-2", nil)
	require.Equal(t, 3, db.Count(t, "SELECT COUNT(*) FROM emails"))
	s.act(http.StatusNotFound, "/v1/emails/999999/resend", "", "", nil)
	s.act(http.StatusUnprocessableEntity, path, `{"to":"a"}`, "", nil)
}

// An item is resolved and reopened once; another decision is refused; a correction needs a balance transaction.
func TestItemsAreDecidedOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t)).desk(access.OperationsWrite)
	items := s.db.RunThatFound(t, "recon_found", reconciliation.Finding{
		Class: reconciliation.OrphanPayment, Object: reconciliation.ObjectPayment, StripeID: "pi_1", PaymentIntentID: "pi_1", AtStripe: 4500,
		Currency: "USD", Reason: "belongs to no booking",
	})
	path := "/v1/reconciliation-items/" + strconv.FormatUint(items[0].ID, 10)
	var shown struct{ State, Note string }
	s.act(http.StatusOK, path+"/resolve", `{"note":"a shop"}`, "key-1", &shown)
	require.Equal(t, "resolved", shown.State)
	s.act(http.StatusOK, path+"/resolve", `{"note":"a shop"}`, "key-1", nil)
	s.act(http.StatusOK, path+"/resolve", `{"note":"a shop"}`, "", nil)
	s.act(http.StatusConflict, path+"/resolve", `{"note":"another"}`, "", nil)
	require.Equal(t, 1, s.audited("reconciliation.resolve-item"))
	s.act(http.StatusOK, path+"/reopen", `{"note":"not yet"}`, "key-2", &shown)
	require.Equal(t, "found", shown.State)
	s.act(http.StatusOK, path+"/reopen", `{"note":"not yet"}`, "", nil)
	s.act(http.StatusConflict, path+"/reopen", `{"note":"not"}`, "", nil)
	s.act(http.StatusConflict, path+"/reopen", `{"note":"not yet; before: a shop"}`, "", nil)
	require.Equal(t, 1, s.audited("reconciliation.reopen-item"))
	s.act(http.StatusOK, path+"/resolve", `{"note":"a shop"}`, "", nil)
	long := `{"note":"` + strings.Repeat("x", 499) + `"}` // as long as a note may be: with what the item adds, it is cut off
	s.act(http.StatusOK, path+"/reopen", long, "", nil)
	s.act(http.StatusOK, path+"/reopen", long, "", nil)
	require.Equal(t, 2, s.audited("reconciliation.reopen-item"))
	refused := s.act(http.StatusConflict, path+"/post", `{"note":"x"}`, "", nil).problem(t)
	require.Contains(t, refused.Detail, "no balance transaction")
	wrong := s.act(http.StatusUnprocessableEntity, path+"/post", `{"note":" ","account":"asset:cash"}`, "", nil).problem(t)
	require.Len(t, wrong.Errors, 2)
	s.act(http.StatusNotFound, "/v1/reconciliation-items/999999/resolve", `{"note":"x"}`, "", nil)
	require.Zero(t, s.audited("reconciliation.post-item"))
}

// Only the plan of a completed dry run is carried out, by one run for each key.
func TestPlansAreAppliedOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, nil).desk(access.ReconciliationWrite)
	runs := recon.New(s.db.Store)
	now := time.Now().UTC()
	for _, id := range []string{"recon_plan", "recon_going"} {
		run, err := runs.BeginRun(t.Context(), recon.Run{
			CorrelationID: id, Options: reconciliation.Options{LookbackDays: 7, DryRun: true, Scope: reconciliation.ScopeAll},
			WindowStart: now, WindowEnd: now, StartedAt: now,
		})
		require.NoError(t, err)
		run.Status = recon.RunCompleted
		if id == "recon_plan" {
			require.NoError(t, runs.EndRun(t.Context(), run))
		}
	}
	s.act(http.StatusConflict, "/v1/reconciliations/recon_going/apply", "", "", nil)
	s.act(http.StatusNotFound, "/v1/reconciliations/recon_none/apply", "", "", nil)
	var started struct{ CorrelationID string }
	first := s.act(http.StatusAccepted, "/v1/reconciliations/recon_plan/apply", "", "key-1", &started)
	require.Equal(t, "/v1/reconciliations/"+started.CorrelationID, first.header.Get("Location"))
	s.act(http.StatusAccepted, "/v1/reconciliations/recon_plan/apply", "", "key-1", nil)
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM reconciliation_runs WHERE applies = 'recon_plan' AND NOT dry_run"))
	require.Equal(t, 1, s.audited("reconciliation.apply-plan"))
}

// The schedule is paused, resumed and triggered with an entry in the audit log each.
func TestTheScheduleIsChangedOverHTTP(t *testing.T) {
	t.Parallel()
	var dispatcher *dispatch.Client
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { dispatcher = deps.Dispatch }).desk(access.OperationsRead, access.OperationsWrite)
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/v1/schedule", nil).status)
	s.act(http.StatusNotFound, "/v1/schedule/pause", "", "", nil)
	require.NoError(t, dispatcher.ApplySchedule(t.Context(), dispatch.Schedule{
		Cron: "30 2 * * *", TimeZone: "Asia/Dubai", Options: reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
	}))
	var shown struct {
		Paused     bool
		Note, Cron string
	}
	s.act(http.StatusOK, "/v1/schedule/pause", `{"note":"Stripe is away"}`, "key-1", &shown)
	require.True(t, shown.Paused)
	require.Equal(t, "Stripe is away", shown.Note)
	s.act(http.StatusOK, "/v1/schedule/resume", "", "key-2", &shown)
	require.False(t, shown.Paused)
	s.act(http.StatusUnprocessableEntity, "/v1/schedule/pause", `{"why":"x"}`, "", nil)
	var started struct{ CorrelationID string }
	s.act(http.StatusAccepted, "/v1/schedule/trigger", "", "key-3", &started)
	require.Contains(t, started.CorrelationID, "recon_")
	s.act(http.StatusAccepted, "/v1/schedule/trigger", "", "key-3", nil)
	require.Equal(t, 1, s.audited("schedule.trigger"))
	require.Equal(t, 1, s.audited("schedule.resume"))
	require.Equal(t, 2, s.audited("schedule.pause"), "also the one that found no schedule")
}
