package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
	"farebook/store"
)

// Each kind of matter can be chosen, and has its words in both languages.
func TestEachKindOfMatterHasItsWords(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	desk := p.As(access.Support)
	for _, kind := range store.AttentionKinds {
		p.matter(string(kind), "")
		for _, language := range []string{"en", "ar"} {
			shown := desk.Get("/console/attention?kind=" + string(kind) + "&lang=" + language).Require(http.StatusOK)
			require.Equal(t, 1, shown.Find(`select[name="kind"] option[value="`+string(kind)+`"]`).Length(), "%s in the %s page", kind, language)
			require.NotContains(t, shown.Text("main"), "attention.", "%s in the %s page", kind, language)
		}
	}
}

// The oldest matter comes first, with what is known and what to do. Many are closed at once, each by its own call with its own line in the
// audit log; one that was closed meanwhile does not keep the others open, and the answer says so.
func TestManyMattersAreClosedAtOnce(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	known, _ := p.paid()
	first, second, third := p.matter("refund_failed", known.Reference), p.matter("late_money", ""), p.matter("departed", "")
	desk := p.As(access.Support)
	shown := desk.Get("/console/attention").Require(http.StatusOK)
	require.Equal(t, first, shown.Find(`input[name="matter"]`).First().AttrOr("value", ""))
	require.Contains(t, shown.Text("main"), "about refund_failed")
	require.Contains(t, shown.Text("main"), "Pay the traveller by bank transfer")
	require.Equal(t, 1, desk.Get("/console/attention?kind=departed").Find(`input[name="matter"]`).Length())

	p.DB.Exec(t, "UPDATE attention_items SET closed_at = UTC_TIMESTAMP(6), closed_by = 'somebody' WHERE id = ?", second)
	fields := url.Values{
		"_key": {uuid.NewString()}, "_page": {"/console/attention"}, "matter": {first, second, third, "999"}, "note": {"paid by bank"},
	}
	for range 2 { // the form sent twice acts once
		answered := desk.Post("/console/attention/close", fields).Require(http.StatusOK)
		text := answered.Text("main")
		require.Contains(t, text, "Matter "+first+" is closed.")
		require.Contains(t, text, "Matter "+second+" was closed before")
		require.Contains(t, text, "Matter "+third+" is closed.")
		require.Contains(t, text, "Matter 999 does not exist.")
	}
	require.Equal(t, 2, p.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'attention.close' AND actor LIKE 'Dana Support%'"))
	require.Contains(t, desk.Get("/console/attention?state=closed").Text("main"), "paid by bank")
}

// Without a note or a matter, nothing is closed and the page says what is missing. Who may only read has no form.
func TestMattersAreNotClosedWithoutANote(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	id := p.matter("refund_failed", "")
	desk := p.As(access.Support)
	fields := url.Values{"_key": {uuid.NewString()}, "_page": {"/console/attention"}, "matter": {id}, "note": {" "}}
	refused := desk.Post("/console/attention/close", fields)
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status)
	require.Equal(t, "true", refused.Find(`textarea[name="note"]`).AttrOr("aria-invalid", ""))
	fields.Set("note", "done")
	fields.Del("matter")
	require.Contains(t, desk.Post("/console/attention/close", fields).Text("main"), "Select at least one matter.")
	require.Equal(t, 1, p.DB.Count(t, "SELECT COUNT(*) FROM attention_items WHERE closed_at IS NULL"))

	viewer := p.As(access.Viewer)
	require.Zero(t, viewer.Get("/console/attention").Require(http.StatusOK).Find(`main form[action="/console/attention/close"]`).Length())
	fields.Set("matter", id)
	require.Equal(t, http.StatusForbidden, viewer.Post("/console/attention/close", fields).Status)
}

// Support takes matters, one of which a colleague has; the page says whose each is. A comment is kept with the person, and the story of the
// booking has it; somebody takes the matter over by its page.
func TestMattersAreTakenAndCommentedOn(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	known, _ := p.paid()
	first, second := p.matter("refund_failed", known.Reference), p.matter("late_money", "")
	desk, back := p.As(access.Support), p.As(access.Administrator)
	fields := func(more url.Values, matters ...string) url.Values {
		all := url.Values{"_key": {uuid.NewString()}, "_page": {"/console/attention"}, "matter": matters}
		for name, values := range more {
			all[name] = values
		}
		return all
	}
	main := func(b *consolekit.Browser, verb string, more url.Values, matters ...string) string {
		return b.Post("/console/attention/"+verb, fields(more, matters...)).Require(http.StatusOK).Text("main")
	}
	require.Contains(t, main(back, "take", nil, second), "Matter "+second+" is yours.")
	answered := main(desk, "take", nil, first, second)
	require.Contains(t, answered, "Matter "+first+" is yours.")
	require.Contains(t, answered, "Somebody else has matter "+second)
	listed := desk.Get("/console/attention").Require(http.StatusOK).Text("main")
	require.Contains(t, listed, "Yours")
	require.Contains(t, listed, "Taken by")

	said := url.Values{"note": {"the bank answers on Monday"}}
	require.Contains(t, main(desk, "comment", said, first, second), "The comment was added to matter "+second+".")
	page := "/console/attention/" + first
	shown := back.Get(page).Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "the bank answers on Monday")
	require.Contains(t, shown.Text("main"), "Take over from Dana Support")
	require.Contains(t, p.As(access.Support).Get("/console/bookings/"+string(known.Reference)).Text(".timeline"), "the bank answers on Monday")
	over := url.Values{"one": {first}, "over": {"true"}}
	require.Contains(t, main(back, "take", over, first), "Matter "+first+" is yours.")
	require.Contains(t, main(desk, "give-back", url.Values{"one": {first}}, first), "Somebody else has matter "+first)

	refused := desk.Post("/console/attention/comment", fields(url.Values{"note": {" "}}, first))
	require.Equal(t, http.StatusUnprocessableEntity, refused.Status)
	require.Equal(t, "true", refused.Find(`textarea[name="note"]`).AttrOr("aria-invalid", ""))
	viewer := p.As(access.Viewer)
	require.Zero(t, viewer.Get(page).Require(http.StatusOK).Find(`main form[method="post"]`).Length())
	require.Equal(t, http.StatusForbidden, viewer.Post("/console/attention/take", fields(nil, first)).Status)
	require.Equal(t, http.StatusNotFound, desk.Get("/console/attention/999").Status)
	require.Equal(t, http.StatusNotFound, desk.Get("/console/attention/x").Status)
}
