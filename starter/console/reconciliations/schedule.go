package reconciliations

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"farebook/starter/console/caller"
	"farebook/starter/console/page"
)

func showSchedule(r *page.Request) (templ.Component, error) {
	var shown schedule
	err := r.API.Get(r.Context(), "/v1/schedule", nil, &shown)
	var problem *caller.Problem
	missing := errors.As(err, &problem) && problem.Status == http.StatusNotFound
	if err != nil && !missing {
		return nil, err
	}
	return r.Page(r.T("reconciliations.schedule"), schedulePage(r, shown, missing)), nil
}

func changeSchedule(r *page.Request) (string, error) {
	action := r.PathValue("action")
	var body any
	switch action {
	case "pause", "resume":
		body = map[string]string{"note": r.Field("note")}
	case "trigger":
	default:
		return "", caller.Missing()
	}
	// A run that is triggered has no page before its workflow has begun: the schedule lists it.
	return schedulePath, r.API.Send(r.Context(), http.MethodPost, "/v1/schedule/"+action, r.Key(), body, nil)
}
