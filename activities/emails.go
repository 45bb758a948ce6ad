package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/temporal"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/mail"
	"farebook/internal/metrics"
	"farebook/internal/paylink"
	"farebook/money"
	"farebook/notice"
	"farebook/store"
)

// Emails are the activities about emails to customers and to the finance department.
type Emails struct {
	Store  *store.Store
	Sender *mail.Sender
	// Finance is the address of the finance department.
	Finance string
	// PayLinks makes links to the payment page; nil without one.
	PayLinks *paylink.Links
	// Metrics counts emails; it may be nil.
	Metrics *metrics.Emails
	Log     *slog.Logger
}

// SendEmailInput names a row of emails. Recipient and text stay in MySQL.
type SendEmailInput struct {
	EmailID uint64 `json:"emailId"`
}

// EmailResult is the row's status afterwards: "sent" or "failed".
type EmailResult struct {
	Status string `json:"status"`
}

// longestExchange bounds an SMTP exchange. It is above the sender's time-out, so that the sender's error comes first.
const longestExchange = 30 * time.Second

// SendEmail sends one queued email from its row. A row that is sent or failed is left as it is; one that another worker is sending is
// retried. The Message-ID is fixed: in the one window in which an email may be sent twice (the server accepted it, and the response or
// the worker was lost) an email program shows one message. A permanent refusal is recorded and is not an error; a temporary one is
// retried.
func (e *Emails) SendEmail(ctx context.Context, in SendEmailInput) (EmailResult, error) {
	row, err := e.Store.EmailToSend(ctx, in.EmailID)
	if err != nil {
		return EmailResult{}, storeError(err)
	}
	if row.Status != store.EmailQueued {
		return EmailResult{Status: row.Status}, nil
	}
	if correlation.From(ctx) == "" {
		ctx = correlation.With(ctx, row.CorrelationID()) // a resent copy, whose workflow was started without one
	}
	if row.Audience == notice.ToCustomer && row.Booking.Customer.Email == "" {
		if err := e.Store.MarkEmailFailed(ctx, row.ID, "the booking was rebuilt from Stripe, and its customer is not known yet"); err != nil {
			return EmailResult{}, storeError(err)
		}
		e.Metrics.Failed(row.Kind)
		return EmailResult{Status: store.EmailFailed}, nil
	}
	message, err := e.messageOf(ctx, row)
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
		return EmailResult{}, temporal.NewApplicationError("another worker is sending this email, or has just sent it", EmailBeingSent)
	}
	failpoint.Hit("before-send-email")
	answer, err := e.Sender.Send(exchange, message)
	failpoint.Hit("after-send-email")
	return e.record(ctx, row, sending, answer, err)
}

// timeLeft is the time until the context's deadline, by the system's clock: the clock of the books may differ.
func timeLeft(ctx context.Context) time.Duration {
	deadline, _ := ctx.Deadline() // longestExchange bounds it
	return time.Until(deadline)   //nolint:forbidigo // see above
}

func (e *Emails) record(ctx context.Context, row store.Email, sending store.Sending, answer string, sendErr error) (EmailResult, error) {
	now := e.Store.Now()
	var permanent *mail.PermanentError
	switch {
	case sendErr == nil:
		if err := e.Store.MarkEmailSent(ctx, row.ID, answer, now); err != nil {
			return EmailResult{}, storeError(err)
		}
		failpoint.Hit("after-email-row")
		e.Metrics.Sent(row.Kind, now.Sub(row.CreatedAt))
		e.Log.InfoContext(ctx, "email sent", "reference", row.Booking.Reference, "kind", row.Kind, "emailId", row.ID, "messageId", row.MessageID)
		return EmailResult{Status: store.EmailSent}, nil
	case errors.As(sendErr, &permanent):
		if err := e.Store.MarkEmailFailed(ctx, row.ID, permanent.Error()); err != nil {
			return EmailResult{}, storeError(err)
		}
		e.Metrics.Failed(row.Kind)
		e.Log.WarnContext(ctx, "email refused for good", "reference", row.Booking.Reference, "kind", row.Kind, "emailId", row.ID,
			"reason", permanent.Error())
		return EmailResult{Status: store.EmailFailed}, nil
	default:
		e.Metrics.Retried(row.Kind)
		// The note is for an operator who reads the row. Without it the error is still reported.
		if err := e.Store.NoteEmailAttempt(context.WithoutCancel(ctx), sending, sendErr.Error()); err != nil {
			e.Log.WarnContext(ctx, "email attempt not noted", "emailId", row.ID, "error", err)
		}
		return EmailResult{}, temporal.NewApplicationError(sendErr.Error(), MailServerUnavailable)
	}
}

func (e *Emails) messageOf(ctx context.Context, row store.Email) (mail.Message, error) {
	content := row.Content()
	if row.Kind == notice.PaymentFailed && row.Booking.Status == booking.StatusPendingPayment {
		content.PayURL = e.PayLinks.Of(row.Booking.Reference, row.Booking.HoldExpiresAt, e.Store.Now())
	}
	subject, text, html, err := mail.Render(content)
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
	if sealed := row.Notice.Seal; sealed != nil {
		message.Attachment = &mail.Attachment{Name: fmt.Sprintf("ledger-seal-%d.txt", sealed.Number), Text: sealed.Statement}
	}
	if row.Audience != notice.ToCustomer {
		message.To, message.ToName, message.Locale = e.Finance, "", money.LocaleEN
	}
	if row.Audience == notice.ToOwner {
		message.To, err = e.ownerOf(ctx, row)
	}
	return message, err
}

// ownerOf is the address of whoever maintains the webhook endpoint that an email is about.
func (e *Emails) ownerOf(ctx context.Context, row store.Email) (string, error) {
	if row.Notice.Webhook == nil {
		return "", fmt.Errorf("email %d to the owner of a webhook endpoint names no endpoint", row.ID)
	}
	contact, err := e.Store.EndpointContact(ctx, row.Notice.Webhook.EndpointID)
	return contact, storeError(err)
}

// GiveUpEmail records that the mail server was unavailable for the whole retry window. Harmless when repeated: the row is settled once.
func (e *Emails) GiveUpEmail(ctx context.Context, in SendEmailInput) error {
	row, err := e.Store.Email(ctx, in.EmailID)
	if err == nil {
		err = e.Store.MarkEmailFailed(ctx, in.EmailID, "gave up: the mail server was unavailable for too long")
	}
	if err == nil && row.Status == store.EmailQueued {
		e.Metrics.Failed(row.Kind)
	}
	return storeError(err)
}
