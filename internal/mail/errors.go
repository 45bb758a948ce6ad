package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/textproto"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// PermanentError is a refusal that a retry cannot change. Its text contains the server's code and never an address. Code is 0
// if the email never reached a server, because its addresses are invalid.
type PermanentError struct{ Code int }

func (e *PermanentError) Error() string {
	if e.Code == 0 {
		return "the email cannot be sent as it is: its sender or its recipient is not a mail address"
	}
	return fmt.Sprintf("the mail server refuses the email for good, code %d", e.Code)
}

// TemporaryError is a failure that a retry may resolve: a busy server, a lost connection, a login that an operator has to fix.
// After a lost connection the email may have been sent. errors.Is finds the context's error if that ended the exchange.
type TemporaryError struct {
	Code   int // of the server, or 0
	reason string
	cause  error // a context's error or nil: the server's text may contain the address
}

func (e *TemporaryError) Error() string {
	if e.Code == 0 {
		return e.reason
	}
	return fmt.Sprintf("%s, code %d", e.reason, e.Code)
}

func (e *TemporaryError) Unwrap() error { return e.cause }

// classify decides by the code and by the command that it answered: 5xx to the email itself is permanent, everything else
// temporary. A refused greeting or login says nothing about the email; if it were permanent, one wrong password would discard
// every email due meanwhile.
func classify(ctx context.Context, err error) error {
	var sending *gomail.SendError
	var answer *textproto.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &sending) && sending.ErrorCode() >= 500 && !asksForLogin(sending.ErrorCode()):
		return &PermanentError{Code: sending.ErrorCode()}
	case errors.As(err, &sending) && sending.ErrorCode() >= 400:
		return &TemporaryError{Code: sending.ErrorCode(), reason: "the mail server refuses the email for now"}
	case errors.As(err, &answer):
		return &TemporaryError{Code: answer.Code, reason: "the mail server refuses the connection or the login"}
	case ended(ctx) != nil:
		return &TemporaryError{reason: "the mail server did not answer in time", cause: ended(ctx)}
	case errors.As(err, &certificate):
		return &TemporaryError{reason: "the mail server's certificate is not trusted"}
	case errors.As(err, &sending):
		return &TemporaryError{reason: "the connection to the mail server was lost"}
	default:
		return &TemporaryError{reason: "the mail server cannot be reached, or does not offer the TLS or the login that is configured"}
	}
}

// ended is the error of a context that is over. The deadline of a connection is that of its context and can pass a moment before the
// context has its error.
func ended(ctx context.Context) error {
	if deadline, limited := ctx.Deadline(); limited && time.Until(deadline) <= 0 {
		return cmp.Or(ctx.Err(), context.DeadlineExceeded)
	}
	return ctx.Err()
}

// asksForLogin recognises the codes of RFC 4954, 6, which some servers return to MAIL FROM and RCPT TO.
func asksForLogin(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }
