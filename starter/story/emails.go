package story

import (
	"farebook/internal/mail"
	"farebook/starter/view"
	"farebook/store"
)

// EmailPart is an email with its text, what the mail server answered, and what that means.
type EmailPart struct {
	view.Email

	Subject    string    `json:"subject,omitempty" doc:"As it is written from the books now; the state of the booking may have changed since it was sent."`
	Text       string    `json:"text,omitempty"`
	Answer     string    `json:"answer,omitempty" doc:"What the mail server said when it took the email." example:"2.0.0 Ok: queued as 4XyZ"`
	Where      WherePart `json:"where"`
	Resendable bool      `json:"resendable"`
}

var mailPlaces = map[string]string{
	"queued":  "It is about to be sent.",
	"retried": "The mail server has not taken it yet, and is tried again.",
	"taken": "The mail server took it. Whether it has reached the mailbox, only that server knows: ask the traveller to search the spam " +
		"folder.",
	"refused": "The mail server refused it for good, or was unavailable for too long. Correct the cause and send it again.",
	"suppressed": "It was not sent: its address had enough emails about unpaid bookings, or the system before Farebook has written to the " +
		"reader.",
	"held": "It is held: it may have been sent before the database was restored. An operator releases or drops it.",
}

func emailOf(e store.Email) EmailPart {
	place := mailPlaceOf(e)
	part := EmailPart{
		Email: view.EmailOf(store.ListedEmail{
			ID: e.ID, Reference: e.Booking.Reference, Kind: e.Kind, Audience: e.Audience, MessageID: e.MessageID, Status: e.Status,
			Attempts: e.Attempts, LastError: e.LastError, ResentOf: e.ResentOf, CreatedAt: e.CreatedAt, SentAt: e.SentAt,
		}),
		Answer: e.ServerAnswer, Where: WherePart{place, mailPlaces[place]}, Resendable: resendable(e),
	}
	// The text of an email of an older release may need an amount that its row does not have: it is shown without the text.
	if subject, text, _, err := mail.Render(e.Content()); err == nil {
		part.Subject, part.Text = subject, text
	}
	return part
}

func mailPlaceOf(e store.Email) string {
	switch e.Status {
	case store.EmailQueued:
		if e.Attempts > 0 || e.LastError != "" {
			return "retried"
		}
		return "queued"
	case store.EmailSent:
		return "taken"
	case store.EmailSuppressed:
		return "suppressed"
	case store.EmailHeld:
		return "held"
	}
	return "refused"
}
