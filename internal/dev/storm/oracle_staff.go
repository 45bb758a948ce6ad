package storm

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

// staffPromises are what an acknowledged request of the staff leaves in the books, once: the pattern of its path, and a count by a value.
var staffPromises = []struct {
	path, count string
	value       func(Answer) string
}{
	{"/v1/attention/{id}/comments", "SELECT COUNT(*) FROM attention_steps WHERE kind = 'comment' AND text = ?", requested("text")},
	{"/v1/proposals", "SELECT COUNT(*) FROM proposals WHERE code = ?", given("code")},
	{
		"/v1/proposals/{id}/send",
		"SELECT COUNT(*) FROM proposals p JOIN refunds r ON r.refund_id = p.refund_id WHERE p.state = 'sent' AND p.code = ?", given("code"),
	},
	{"/v1/proposals/{id}/decline", "SELECT COUNT(*) FROM proposals WHERE state = 'declined' AND code = ?", given("code")},
	{"/v1/ledger/journals", "SELECT COUNT(*) FROM ledger_proposals WHERE kind = 'journal' AND subject = ?", requested("key")},
	{
		"/v1/ledger/journals/{id}/approve",
		"SELECT COUNT(*) FROM financial_ledger WHERE type = 'manual' AND operation_key = CONCAT('journal/', ?)", inPath,
	},
	{"/v1/ledger/periods/{id}/close/approve", "SELECT COUNT(*) FROM ledger_closings WHERE action = 'close' AND period = ?", inPath},
}

func requested(field string) func(Answer) string {
	return func(a Answer) string { return textIn(a.Request, field) }
}

func given(field string) func(Answer) string {
	return func(a Answer) string { return textIn(a.Body, field) }
}

// inPath is the key of a journal, or a month: /v1/ledger/journals/{key}/approve.
func inPath(a Answer) string { return strings.Split(a.Path, "/")[4] }

func textIn(object []byte, field string) string {
	var fields map[string]any
	_ = json.Unmarshal(object, &fields) // of another form: empty, which no row has
	text, _ := fields[field].(string)
	return text
}

// checkStaff checks promise 10 for what support and finance did: each acknowledged request is in the books, once.
func (s *System) checkStaff(ctx context.Context) error {
	answers, _ := s.Journal.Answers()
	for _, answer := range answers {
		for _, promise := range staffPromises {
			if !isStaff(answer.Actor) || answer.Status >= http.StatusBadRequest || pattern(answer.Path) != promise.path {
				continue
			}
			var n int
			if err := s.Root.QueryRowContext(ctx, promise.count, promise.value(answer)).Scan(&n); err != nil {
				return err
			}
			if n != 1 {
				s.violated("promise 10: POST %s (%q) was acknowledged, and the books have it %d times", pattern(answer.Path), promise.value(answer), n)
			}
		}
	}
	return nil
}

func isStaff(actor string) bool { return actor == support || actor == finance }
