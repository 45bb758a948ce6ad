package api_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
)

var march = time.Date(2026, time.March, 5, 0, 0, 0, 0, time.UTC)

// readyMonth is an API whose books have a journal in March 2026, and the reconciliation that its month end needs.
func readyMonth(t *testing.T) *server {
	t.Helper()
	s := serve(t, withoutTemporal(t))
	s.db.ReconciledUntil(t, "2026-06-01")
	s.posted("fee-1", 500, march)
	return s
}

type periodsView struct {
	FirstOpen, TimeZone string
	Proposals, Closings []struct{ Kind, Subject, ProposedBy, Action, Period, ApprovedBy, Reason, Digest string }
	HasMore             bool
	Next                string
}

func (s *server) periods(query string) (view periodsView) {
	s.t.Helper()
	got := s.do(http.MethodGet, "/v1/ledger/periods"+query, nil)
	require.Equal(s.t, http.StatusOK, got.status, "%s", got.body)
	require.NoError(s.t, json.Unmarshal(got.body, &view), "%s", got.body)
	return view
}

// Two operators close a month and reopen it: two clients, because the keys of one client are one operator. Each decision is repeated with
// its key and without, and is made and audited once. A closed month's report stays as it is, whatever is posted later.
func TestMonthsAreClosedOverHTTP(t *testing.T) {
	t.Parallel()
	s := readyMonth(t)
	alice, bob := s.controller("alice"), s.controller("bob")
	const month = "/v1/ledger/periods/2026-03"
	status, review := alice.post(month+"/close", `{"dryRun":true}`, "")
	require.Equal(t, http.StatusOK, status, review)
	require.Equal(t, true, review["holds"])
	require.NotContains(t, review, "proposal")
	require.Len(t, review["trialBalance"], 2)
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM ledger_proposals WHERE kind = 'close'"))

	for _, key := range []string{"close-1", "close-1", ""} {
		status, review = alice.post(month+"/close", "", key)
		require.Equal(t, http.StatusOK, status, review)
		require.Contains(t, review["proposal"].(map[string]any)["proposedBy"], "alice (ak_")
	}
	require.Equal(t, "2026-03", bob.periods("").Proposals[0].Subject)
	status, refused := s.controller("alice").post(month+"/close/approve", "", "")
	require.Equal(t, http.StatusForbidden, status, "another key of the same client: %v", refused)
	require.Equal(t, "urn:farebook:problem:same-operator", refused["type"])
	var closed map[string]any
	for _, key := range []string{"approve-1", "approve-1", ""} {
		status, closed = bob.post(month+"/close/approve", "", key)
		require.Equal(t, http.StatusOK, status, closed)
		require.Equal(t, s.db.Text(t, "SELECT LOWER(HEX(digest)) FROM ledger_closings"), closed["digest"])
	}
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM ledger_closings"))
	view := alice.periods("")
	require.Equal(t, "2026-04 UTC", view.FirstOpen+" "+view.TimeZone)
	require.Empty(t, view.Proposals)

	const report = "/v1/ledger/trial-balance?month=2026-03"
	before, _ := alice.read(report)
	require.Contains(t, before, `"basis":"period"`)
	s.posted("fee-2", 700, march.AddDate(0, 0, 1)) // late: it counts in April
	require.Equal(t, "2026-04", s.db.Text(t, "SELECT period FROM financial_ledger ORDER BY id DESC LIMIT 1"))
	after, proof := alice.read(report)
	require.Equal(t, before, after)
	require.Equal(t, "holds", proof)

	status, waits := bob.post(month+"/reopen", `{"note":"a mistake"}`, "")
	require.Equal(t, http.StatusOK, status, waits)
	status, refused = bob.post(month+"/reopen/approve", "", "")
	require.Equal(t, http.StatusForbidden, status, refused)
	for range 2 {
		status, reopened := alice.post(month+"/reopen/approve", "", "")
		require.Equal(t, http.StatusOK, status, reopened)
		require.Equal(t, "reopen", reopened["action"])
	}
	page := alice.periods("?limit=1")
	require.True(t, page.HasMore)
	require.Equal(t, "reopen", page.Closings[0].Action)
	require.Equal(t, "close", alice.periods("?limit=1&after=" + page.Next).Closings[0].Action)
	for _, action := range []string{"ledger.propose-close", "ledger.close", "ledger.propose-reopen", "ledger.reopen"} {
		require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = ? AND subject = '2026-03' AND client_id IS NOT NULL",
			action), action)
	}
}

// What blocks a close is named, and a note accepts it where an operator can answer for it.
func TestWhatBlocksACloseIsNamedOverHTTP(t *testing.T) {
	t.Parallel()
	s := readyMonth(t)
	s.db.Exec(t, "INSERT INTO attention_items (id, kind, subject, text, opened_at) VALUES (7, 'earlier', 'x', 'Ask Layla', '2026-03-05')")
	desk := s.controller("alice")
	const path = "/v1/ledger/periods/2026-03/close"
	got := desk.do(http.MethodPost, path, nil)
	require.Equal(t, http.StatusConflict, got.status, "%s", got.body)
	refused := got.problem(t)
	require.Equal(t, "urn:farebook:problem:month-blocked", refused.Type)
	require.Equal(t, "body.notes", refused.Errors[0].Location)
	require.Contains(t, refused.Errors[0].Message, "attention/7: earlier of 2026-03-05")
	status, review := desk.post(path, `{"dryRun":true}`, "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, false, review["holds"])
	for body, want := range map[string]int{
		`{"notes":{}}`: http.StatusUnprocessableEntity, `{"notes":[{"item":"attention/7","text":" "}]}`: http.StatusUnprocessableEntity,
		`{"notes":[7]}`: http.StatusUnprocessableEntity, `{"dryRun":"yes"}`: http.StatusUnprocessableEntity, `{"note":1}`: http.StatusUnprocessableEntity,
		`{"notes":[{"item":"attention/8","text":"nothing"}]}`: http.StatusConflict,
	} {
		require.Equal(t, want, desk.do(http.MethodPost, path, []byte(body)).status, body)
	}
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM ledger_proposals WHERE kind = 'close'"))
	status, review = desk.post(path, `{"notes":[{"item":"attention/7","text":"waits for the bank"}]}`, "")
	require.Equal(t, http.StatusOK, status, review)
	require.Contains(t, s.db.Text(t, "SELECT JSON_VALUE(content, '$.notes[0].by') FROM ledger_proposals WHERE kind = 'close'"), "alice (ak_")
	require.Equal(t, http.StatusUnprocessableEntity, desk.do(http.MethodPost, "/v1/ledger/periods/2026-3/close", nil).status)
	require.Equal(t, http.StatusConflict, desk.do(http.MethodPost, "/v1/ledger/periods/2026-09/close/approve", nil).status)
}

// The proposer's client was merged into the approver's: both are one operator from then on.
func TestMergedClientsAreOneOperator(t *testing.T) {
	t.Parallel()
	s := readyMonth(t)
	status, review := s.controller("alice").post("/v1/ledger/periods/2026-03/close", "", "")
	require.Equal(t, http.StatusOK, status, review)
	bob := s.controller("bob")
	admin := s.desk(access.Admin)
	status, merged := admin.post("/v1/clients/bob/merge", `{"from":"alice"}`, "")
	require.Equal(t, http.StatusOK, status, merged)
	status, refused := bob.post("/v1/ledger/periods/2026-03/close/approve", "", "")
	require.Equal(t, http.StatusForbidden, status, refused)
}

// Each wrong field of a journal is named, a journal is posted once under its key, and another one under the same key is refused.
func TestJournalsOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	alice, bob := s.controller("alice"), s.controller("bob")
	got := alice.do(http.MethodPost, "/v1/ledger/journals", []byte(`{"key":"a b","reason":"","effectiveAt":"2999-01-01T00:00:00Z","entries":[
		{"account":"asset:stripe_clearing","side":"left","amount":{"value":0,"currency":"usd"}},{"account":"asset:x","side":"debit"},7]}`))
	require.Equal(t, http.StatusUnprocessableEntity, got.status, "%s", got.body)
	var named []string
	for _, one := range got.problem(t).Errors {
		named = append(named, one.Location)
	}
	require.ElementsMatch(t, []string{
		"body.key", "body.reason", "body.effectiveAt", "body.entries[0].account", "body.entries[0].side", "body.entries[0].amount.value",
		"body.entries[0].amount.currency", "body.entries[1].account", "body.entries[1].amount", "body.entries[2]",
	}, named)
	for range 2 {
		status, waits := alice.post("/v1/ledger/journals", journalBody("fee-1", 500, march), "")
		require.Equal(t, http.StatusOK, status, waits)
		require.Equal(t, true, waits["waits"])
	}
	require.NotContains(t, bob.periods("").Proposals[0].Digest, "000000")
	status, refused := alice.post("/v1/ledger/journals/fee-1/approve", "", "")
	require.Equal(t, http.StatusForbidden, status, refused)
	for _, key := range []string{"post-1", "post-1", ""} {
		status, posted := bob.post("/v1/ledger/journals/fee-1/approve", "", key)
		require.Equal(t, http.StatusOK, status, posted)
		require.Equal(t, "2026-03", posted["period"])
	}
	require.Equal(t, "-500 500", s.db.Text(t, `SELECT GROUP_CONCAT(IF(side = 'debit', amount, -amount) ORDER BY account SEPARATOR ' ')
		FROM ledger_entries`))
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'ledger.post-journal' AND actor LIKE 'bob (ak_%'"))
	status, refused = alice.post("/v1/ledger/journals", journalBody("fee-1", 700, march), "")
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, refused["detail"], "is the key of another journal")
	require.Equal(t, http.StatusConflict, bob.do(http.MethodPost, "/v1/ledger/journals/fee-9/approve", nil).status)
	require.Equal(t, http.StatusUnprocessableEntity, bob.do(http.MethodPost, "/v1/ledger/journals/-/approve", nil).status)
}
