package mailbox

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one SMTP connection after EHLO.
type session struct {
	mailbox       *Mailbox
	conn          *smtp.Conn
	authenticated bool
	from          string
	to            []string
}

var (
	errDropped = errors.New("connection dropped by script")
	// errLoginRequired is the reply of RFC 4954, section 6; go-smtp has another code.
	errLoginRequired = &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
)

func (m *Mailbox) newSession(conn *smtp.Conn) (smtp.Session, error) {
	s := &session{mailbox: m, conn: conn}
	if err := s.strike(StageHello); err != nil {
		return nil, err
	}
	return s, nil
}

// strike carries out the next fault of a stage and returns the error to respond with; nil if there is no fault.
func (s *session) strike(stage Stage) error {
	fault, ok := s.mailbox.takeFault(stage, s.to)
	if !ok {
		return nil
	}
	return s.misbehave(fault)
}

func (s *session) misbehave(fault Fault) error {
	switch {
	case fault.Hang:
		<-s.mailbox.closing
		return s.drop()
	case fault.Drop:
		return s.drop()
	case fault.Code == 421:
		// RFC 5321, section 3.8: after 421 the server closes the connection. go-smtp keeps it open, so both are done here.
		_, _ = fmt.Fprintf(s.conn.Conn(), "421 4.3.2 %s\r\n", fault.text()) // fails only if the client has disconnected
		return s.drop()
	default:
		return fault.smtpError()
	}
}

func (s *session) drop() error {
	_ = s.conn.Conn().Close() // the purpose is that the client sees the connection end
	return errDropped
}

// AuthMechanisms returns what EHLO offers: nothing if no Username is configured.
func (s *session) AuthMechanisms() []string {
	if s.mailbox.options.Username == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth checks user name and password.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if mechanism != sasl.Plain {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, username, password string) error {
		if err := s.strike(StageAuth); err != nil {
			return err
		}
		want := s.mailbox.options
		nameOK := subtle.ConstantTimeCompare([]byte(username), []byte(want.Username)) == 1
		if !nameOK || !s.mailbox.accepts(password) {
			return smtp.ErrAuthFailed
		}
		s.authenticated = true
		return nil
	}), nil
}

// Mail begins a message.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.mailbox.options.Username != "" && !s.authenticated {
		return errLoginRequired
	}
	if err := s.strike(StageMail); err != nil {
		return err
	}
	s.from = from
	return nil
}

// Rcpt adds a recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	fault, ok := s.mailbox.takeFault(StageRcpt, []string{to})
	if ok {
		return s.misbehave(fault)
	}
	s.to = append(s.to, to)
	return nil
}

// Data receives the message.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	fault, ok := s.mailbox.takeFault(StageData, s.to)
	if !ok || fault.Keep {
		s.mailbox.keep(parseMessage(s.from, s.to, raw))
	}
	if ok {
		return s.misbehave(fault)
	}
	return nil
}

// Reset discards the unfinished message.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout has nothing to release.
func (s *session) Logout() error { return nil }
