package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/internal/mail"
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

// emailDetail is an email with its text.
type emailDetail struct {
	view.Email

	Language string `json:"language" enum:"en,ar"`
	Subject  string `json:"subject" example:"Your booking FB-7K2M9QXA is confirmed"`
	Text     string `json:"text" doc:"Plain text; the email has the same as HTML."`
	Answer   string `json:"answer,omitempty" doc:"What the mail server said when it took the email." example:"2.0.0 Ok: queued as 4XyZ"`
}

type emailDetailOutput struct{ Body emailDetail }

func (a *api) getEmail(ctx context.Context, in *emailIDInput) (*emailDetailOutput, error) {
	listed, err := a.Store.ListedEmail(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchEmail)
	}
	email, err := a.Store.Email(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchEmail)
	}
	content := email.Content()
	subject, text, _, err := mail.Render(content)
	if errors.Is(err, mail.ErrEmptied) {
		err = nil // its text is empty
	}
	return &emailDetailOutput{emailDetail{view.EmailOf(listed), string(mail.LanguageOf(content)), subject, text, email.ServerAnswer}}, err
}
