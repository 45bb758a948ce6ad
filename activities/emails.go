package activities

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.temporal.io/sdk/temporal"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/mail"
	"farebook/money"
	"farebook/store"
)

// Emails are the activities about mail to customers and to the finance department.
type Emails struct {
	Store  *store.Store
	Sender *mail.Sender
	// Finance is the address of the finance department.
	Finance string
	Log     *slog.Logger
}

// SendEmailInput names a row of emails; recipient and text stay in MySQL.
type SendEmailInput struct {
	EmailID uint64 `json:"emailId"`
}

// EmailResult is how the row ended: "sent" or "failed".
type EmailResult struct {
	Status string `json:"status"`
}

// longestExchange is above the time of the sender's own, so that its error comes first.
const longestExchange = 30 * time.Second

// SendEmail sends one queued mail from its row. A row already sent or failed is left alone, and so is one that another worker
// is sending; the Message-ID is fixed, so that the one window in which a mail may go twice (the server took it, and its answer
// or we were lost) shows as one message to a mail reader. A permanent refusal is recorded and is no error; a temporary
// one is retried.
func (e *Emails) SendEmail(ctx context.Context, in SendEmailInput) (EmailResult, error) {
	row, err := e.Store.Email(ctx, in.EmailID)
	if err != nil {
		return EmailResult{}, storeError(err)
	}
	if row.Status != store.EmailQueued {
		return EmailResult{Status: row.Status}, nil
	}
	if correlation.From(ctx) == "" {
		ctx = correlation.With(ctx, row.CorrelationID()) // a copy whose workflow was started without it
	}
	if !row.ForFinance && row.Booking.Customer.Email == "" {
		if err := e.Store.MarkEmailFailed(ctx, row.ID, "the booking was rebuilt from Stripe, and its customer is not known yet"); err != nil {
			return EmailResult{}, storeError(err)
		}
		return EmailResult{Status: store.EmailFailed}, nil
	}
	message, err := e.messageOf(row)
	if err != nil {
		return EmailResult{}, err
	}
	exchange, cancel := context.WithTimeout(ctx, longestExchange)
	defer cancel()
	now := e.Store.Now()
	sending, ok, err := e.Store.ClaimEmail(ctx, row.ID, now, now.Add(timeLeft(exchange)))
	switch {
	case err != nil:
		return EmailResult{}, storeError(err)
	case !ok:
		return EmailResult{}, temporal.NewApplicationError("another worker is sending this mail, or has just sent it", MailBeingSent)
	}
	failpoint.Hit("before-send-email")
	err = e.Sender.Send(exchange, message)
	failpoint.Hit("after-send-email")
	return e.record(ctx, row, sending, err)
}

// timeLeft of a context that has a deadline: that is the system's, and the clock of the books may show another time.
func timeLeft(ctx context.Context) time.Duration {
	deadline, _ := ctx.Deadline() // longestExchange bounds it
	return time.Until(deadline)   //nolint:forbidigo // see above
}

func (e *Emails) record(ctx context.Context, row store.Email, sending store.Sending, sendErr error) (EmailResult, error) {
	now := e.Store.Now()
	var permanent *mail.PermanentError
	switch {
	case sendErr == nil:
		if err := e.Store.MarkEmailSent(ctx, row.ID, now); err != nil {
			return EmailResult{}, storeError(err)
		}
		failpoint.Hit("after-email-row")
		e.Log.InfoContext(ctx, "mail sent", "reference", row.Booking.Reference, "kind", row.Kind, "emailId", row.ID, "messageId", row.MessageID)
		return EmailResult{Status: store.EmailSent}, nil
	case errors.As(sendErr, &permanent):
		if err := e.Store.MarkEmailFailed(ctx, row.ID, permanent.Error()); err != nil {
			return EmailResult{}, storeError(err)
		}
		e.Log.WarnContext(ctx, "mail refused for good", "reference", row.Booking.Reference, "kind", row.Kind, "emailId", row.ID, "reason", permanent.Error())
		return EmailResult{Status: store.EmailFailed}, nil
	default:
		// Written for the operator who reads the row; that it could not be written hides nothing.
		if err := e.Store.NoteEmailAttempt(context.WithoutCancel(ctx), sending, sendErr.Error()); err != nil {
			e.Log.WarnContext(ctx, "mail attempt not noted", "emailId", row.ID, "error", err)
		}
		return EmailResult{}, temporal.NewApplicationError(sendErr.Error(), MailServerUnavailable)
	}
}

func (e *Emails) messageOf(row store.Email) (mail.Message, error) {
	subject, text, html, err := mail.Render(contentOf(row))
	if err != nil {
		return mail.Message{}, err
	}
	message := mail.Message{
		MessageID:     row.MessageID,
		To:            row.Booking.Customer.Email,
		ToName:        row.Booking.Customer.Name,
		Subject:       subject,
		Text:          text,
		HTML:          html,
		CorrelationID: row.CorrelationID(),
		Locale:        row.Booking.Customer.Locale,
	}
	if row.ForFinance {
		message.To, message.ToName, message.Locale = e.Finance, "", money.LocaleEN
	}
	return message, nil
}

func contentOf(row store.Email) mail.Content {
	return mail.Content{
		Kind:          row.Kind,
		Reference:     row.Booking.Reference,
		Earlier:       row.Earlier,
		Customer:      row.Booking.Customer,
		Flight:        row.Booking.Flight,
		Amount:        row.Booking.Amount,
		HoldExpiresAt: row.Booking.HoldExpiresAt,
		DeclineCode:   row.DeclineCode,
		Payable:       payable(row.Booking.Status),
		Confirmed:     row.Booking.Payment != nil && row.Booking.Payment.AmountCaptured > 0,
		Notice:        row.Notice,
	}
}

// GiveUpEmail records that the mail server stayed unavailable for as long as we try. Harmless when repeated.
func (e *Emails) GiveUpEmail(ctx context.Context, in SendEmailInput) error {
	return storeError(e.Store.MarkEmailFailed(ctx, in.EmailID, "gave up: the mail server was unavailable for too long"))
}

// payable: a mail about a decline may invite to another attempt as long as the booking was not closed without payment.
func payable(status booking.Status) bool {
	return status == booking.StatusPendingPayment || status == booking.StatusConfirmed
}
