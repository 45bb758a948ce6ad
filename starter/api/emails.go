package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/view"
)

func (a *api) addEmails(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-email", Method: http.MethodGet, Path: emailsPath + "/{id}", Tags: []string{operationsTag}, Summary: "Read an email",
		Description: "With its text as the reader gets it now: what depends on the state of the booking may differ from what was sent. " +
			"Without the address that it is sent to.",
		Errors: []int{404, 422},
	}, access.OperationsRead), a.getEmail)
}

type emailIDInput struct {
	ID uint64 `path:"id" maximum:"9223372036854775807" doc:"The email's number." example:"7"`
}

type emailDetailOutput struct{ Body view.EmailDetail }

func (a *api) getEmail(ctx context.Context, in *emailIDInput) (*emailDetailOutput, error) {
	listed, err := a.Store.ListedEmail(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchEmail)
	}
	email, err := a.Store.Email(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchEmail)
	}
	shown, err := view.EmailDetailOf(listed, email)
	return &emailDetailOutput{shown}, err
}
