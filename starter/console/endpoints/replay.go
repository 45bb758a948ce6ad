package endpoints

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"farebook/starter/console/page"
)

// replayRange sends the events of a time again. The API takes a bounded number at a time: the page that is shown then says how many these
// were, and its form has the rest of the time.
func replayRange(r *page.Request) (string, error) {
	from, until := timeOf(r, "from"), timeOf(r, "until")
	var replayed struct {
		Events int
		Next   *time.Time
	}
	body := map[string]string{"from": from, "until": until}
	if err := r.API.Send(r.Context(), http.MethodPost, inAPI(r), r.Key(), body, &replayed); err != nil {
		return "", err
	}
	done := url.Values{"replayed": {strconv.Itoa(replayed.Events)}}
	if replayed.Next != nil {
		done.Set("from", replayed.Next.Format(time.RFC3339Nano))
		done.Set("until", until)
	}
	return endpointPath(r.PathValue("id")) + "?" + done.Encode(), nil
}

// timeOf is a field that has a time, or a day for its beginning, as browsers without a field for times let people write it.
func timeOf(r *page.Request, field string) string { return r.Day(r.Instant(r.Field(field)), 0) }

// replayedText says how many events are sent again by the form that led here, and whether more are left; empty without one.
func replayedText(r *page.Request) string {
	events, err := strconv.Atoi(r.Q("replayed"))
	if err != nil || r.Problem != nil {
		return ""
	}
	text := r.T("endpoints.replayed", "Count", events)
	if r.Q("from") != "" {
		text += " " + r.T("endpoints.replayRest")
	}
	return text
}

// rangeField is an end of the time to replay: what is left of the last one, or nothing for its beginning and now for its end.
func rangeField(r *page.Request, action, name string) page.Input {
	at, err := time.Parse(time.RFC3339, r.Q(name))
	if err != nil && name == "until" {
		at, err = r.Now().Truncate(time.Minute).Add(time.Minute), nil
	}
	field := page.Input{
		Problem: r.ProblemOf(action), Name: name, Label: r.T("endpoints.replay." + name), Type: "datetime-local", Required: true,
		Hint: r.T("endpoints.replay.zone", "Zone", r.Zone.String()), More: map[string]any{"step": "any"},
	}
	if err == nil {
		field.Value = at.In(r.Zone).Format("2006-01-02T15:04:05.999")
	}
	return field
}
