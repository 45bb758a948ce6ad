// Package mail writes Farebook's mails, in English and Arabic, and hands them to an SMTP server.
package mail

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"farebook/booking"
)

// Config is how the mail server is reached.
type Config struct {
	Host               string
	Port               int
	Username, Password string
	TLS                string // none, starttls or tls
	From               string // "Farebook <bookings@example.com>"
	Timeout            time.Duration
}

// Message is one mail, ready to go.
type Message struct {
	MessageID     string // with its angle brackets
	To, ToName    string
	Subject       string
	Text, HTML    string
	CorrelationID string
	Locale        booking.Locale
}

// PermanentError is a refusal that no repetition mends. Its text has the server's code and never an address.
type PermanentError struct{ Code int }

func (e *PermanentError) Error() string {
	if e.Code == 0 {
		return "the mail cannot be sent as it is: an address or a header is not acceptable"
	}
	return fmt.Sprintf("the mail server refuses the mail for good, code %d", e.Code)
}

// TemporaryError is anything that may pass: a busy server, a connection lost. After a lost one the mail may have gone.
type TemporaryError struct{ Code int }

func (e *TemporaryError) Error() string {
	if e.Code == 0 {
		return "the mail server does not answer, or the connection was lost"
	}
	return fmt.Sprintf("the mail server refuses the mail for now, code %d", e.Code)
}

// Sender hands mails to one server, a connection a mail: what is sent is rare, and a kept connection would be stale.
type Sender struct{ config Config }

// defaultTimeout ends a dialogue with a server that hangs.
const defaultTimeout = 15 * time.Second

// NewSender checks what can be checked without the server.
func NewSender(config Config) (*Sender, error) {
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if _, err := options(config); err != nil {
		return nil, err
	}
	if err := gomail.NewMsg().From(config.From); err != nil {
		return nil, errors.New(`SMTP_FROM is not an address: want "Farebook <bookings@example.com>"`)
	}
	return &Sender{config: config}, nil
}

func options(config Config) ([]gomail.Option, error) {
	out := []gomail.Option{gomail.WithPort(config.Port), gomail.WithTimeout(config.Timeout), gomail.WithoutNoop()}
	switch config.TLS {
	case "none":
		out = append(out, gomail.WithTLSPolicy(gomail.NoTLS))
	case "starttls":
		out = append(out, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case "tls":
		out = append(out, gomail.WithSSL())
	default:
		return nil, fmt.Errorf("SMTP_TLS is %q: want none, starttls or tls", config.TLS)
	}
	if config.Username == "" {
		return out, nil
	}
	method := gomail.SMTPAuthAutoDiscover
	if config.TLS == "none" {
		method = gomail.SMTPAuthPlainNoEnc // for development; production configuration refuses it
	}
	return append(out, gomail.WithSMTPAuth(method), gomail.WithUsername(config.Username), gomail.WithPassword(config.Password)), nil
}

// Send hands one mail over. It returns *PermanentError, *TemporaryError or nil.
func (s *Sender) Send(ctx context.Context, m Message) error {
	message, err := s.compose(m)
	if err != nil {
		return &PermanentError{}
	}
	all, err := options(s.config)
	if err != nil {
		return &PermanentError{}
	}
	client, err := gomail.NewClient(s.config.Host, all...)
	if err != nil {
		return &PermanentError{}
	}
	return classify(client.DialAndSendWithContext(ctx, message))
}

func (s *Sender) compose(m Message) (*gomail.Msg, error) {
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := message.From(s.config.From); err != nil {
		return nil, err
	}
	if err := message.AddToFormat(m.ToName, m.To); err != nil {
		return nil, err
	}
	message.Subject(m.Subject)
	message.SetDate()
	// go-mail writes the brackets itself.
	message.SetMessageIDWithValue(bare(m.MessageID))
	message.SetGenHeader("X-Correlation-ID", m.CorrelationID)
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetGenHeader("Content-Language", string(m.Locale))
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return message, nil
}

func bare(messageID string) string {
	if len(messageID) > 2 && messageID[0] == '<' {
		return messageID[1 : len(messageID)-1]
	}
	return messageID
}

// replyCode finds the server's code in an error that go-mail did not take apart (a refused EHLO, say).
var replyCode = regexp.MustCompile(`\b([45][0-9]{2}) `)

// classify goes by the code: 5xx is for good, and everything else may pass. The server's own words may hold the address,
// so they are dropped.
func classify(err error) error {
	if err == nil {
		return nil
	}
	code := 0
	var sending *gomail.SendError
	if errors.As(err, &sending) {
		code = sending.ErrorCode()
	}
	if code == 0 {
		if found := replyCode.FindStringSubmatch(err.Error()); found != nil {
			code, _ = strconv.Atoi(found[1]) // three digits by the pattern
		}
	}
	if code >= 500 && code < 600 {
		return &PermanentError{Code: code}
	}
	return &TemporaryError{Code: code}
}
