package view

import (
	"errors"

	"farebook/internal/mail"
	"farebook/store"
)

// EmailDetail is an email with its text.
type EmailDetail struct {
	Email

	Language string `json:"language" enum:"en,ar"`
	Subject  string `json:"subject" example:"Your booking FB-7K2M9QXA is confirmed"`
	Text     string `json:"text" doc:"Plain text; the email has the same as HTML."`
	Answer   string `json:"answer,omitempty" doc:"What the mail server said when it took the email." example:"2.0.0 Ok: queued as 4XyZ"`
}

// EmailDetailOf converts an email of the store and writes its text as the reader gets it now. The text is empty where retention or an
// erasure has emptied what it is written from.
func EmailDetailOf(listed store.ListedEmail, email store.Email) (EmailDetail, error) {
	content := email.Content()
	subject, text, _, err := mail.Render(content)
	if errors.Is(err, mail.ErrEmptied) {
		err = nil
	}
	return EmailDetail{EmailOf(listed), string(mail.LanguageOf(content)), subject, text, email.ServerAnswer}, err
}
