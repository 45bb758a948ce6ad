package mailbox

import (
	"bytes"
	"errors"
	"io"
	stdmail "net/mail"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // decodes charsets other than UTF-8
	"github.com/emersion/go-message/mail"
)

// Message is one email as received over SMTP. From and To are the envelope's; Header has those of the email.
type Message struct {
	ID        int      `json:"id"`
	MessageID string   `json:"messageId"` // without the angle brackets
	From      string   `json:"from"`
	To        []string `json:"to"`
	Subject   string   `json:"subject"` // decoded
	Text      string   `json:"text"`    // the text/plain part, decoded; empty if the message has no such part
	HTML      string   `json:"html"`    // the text/html part, decoded; empty if the message has no such part
	Raw       string   `json:"raw"`     // the bytes between DATA and the final dot
	// Attachments are files by name, decoded.
	Attachments map[string]string `json:"attachments,omitempty"`
	Header      stdmail.Header    `json:"header"` // values as sent, not decoded
	ReceivedAt  time.Time         `json:"receivedAt"`
	// Problem says why the email could not be read as MIME. The email is kept, so that the fault is noticed.
	Problem string `json:"problem,omitempty"`
}

func parseMessage(from string, to []string, raw []byte) Message {
	m := Message{From: from, To: to, Raw: string(raw), ReceivedAt: time.Now().UTC()}
	if err := m.parse(raw); err != nil {
		m.Problem = err.Error()
	}
	return m
}

func (m *Message) parse(raw []byte) error {
	plain, err := stdmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	m.Header = plain.Header
	m.MessageID = strings.Trim(strings.TrimSpace(plain.Header.Get("Message-Id")), "<>")
	reader, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		return err
	}
	if m.Subject, err = reader.Header.Subject(); err != nil {
		return err
	}
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !message.IsUnknownCharset(err) {
			return err
		}
		if err := m.takePart(part); err != nil {
			return err
		}
	}
}

// takePart keeps the first text, the first HTML part and the attachments.
func (m *Message) takePart(part *mail.Part) error {
	body, err := io.ReadAll(part.Body)
	if err != nil {
		return err
	}
	if attached, is := part.Header.(*mail.AttachmentHeader); is {
		name, err := attached.Filename()
		if m.Attachments == nil {
			m.Attachments = map[string]string{}
		}
		m.Attachments[name] = string(body)
		return err
	}
	inline, is := part.Header.(*mail.InlineHeader)
	if !is {
		return nil
	}
	contentType, _, err := inline.ContentType()
	if err != nil {
		return err
	}
	switch {
	case contentType == "text/plain" && m.Text == "":
		m.Text = string(body)
	case contentType == "text/html" && m.HTML == "":
		m.HTML = string(body)
	}
	return nil
}
