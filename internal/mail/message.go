package mail

import (
	"errors"
	netmail "net/mail"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"farebook/money"
)

// Message is one email, ready to send.
type Message struct {
	MessageID     string // with angle brackets
	To, ToName    string
	Subject       string
	Text, HTML    string
	CorrelationID string
	Locale        money.Locale
	Attachment    *Attachment // nil for none
}

// Attachment is a text file, which arrives as it is to the byte: it is sent in base64.
type Attachment struct{ Name, Text string }

func (m Message) compose(from string) (*gomail.Msg, error) {
	recipient, err := netmail.ParseAddress(m.To)
	if err != nil || recipient.Address != m.To {
		return nil, errors.New("the recipient is not a mail address")
	}
	recipient.Name = oneLine(m.ToName)
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := message.From(from); err != nil {
		return nil, err
	}
	// AddToFormat puts the name between quotes unescaped, and a name may contain quotes.
	if err := message.AddTo(recipient.String()); err != nil {
		return nil, err
	}
	message.Subject(oneLine(m.Subject))
	message.SetDate()
	// go-mail adds the brackets.
	message.SetMessageIDWithValue(strings.Trim(m.MessageID, "<>"))
	if m.CorrelationID != "" {
		message.SetGenHeader("X-Correlation-ID", oneLine(m.CorrelationID))
	}
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: prevents automatic replies
	message.SetGenHeader("Content-Language", string(m.Locale))
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	if m.Attachment == nil {
		return message, nil
	}
	err = message.AttachReader(m.Attachment.Name, strings.NewReader(m.Attachment.Text), gomail.WithFileEncoding(gomail.EncodingB64),
		gomail.WithFileContentType(gomail.TypeTextPlain))
	return message, err
}

// oneLine drops control characters. Requests that contain them are refused earlier; this is the second line of defence.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}
