// Package mail renders Farebook's emails in English and Arabic, and sends them to an SMTP server with go-mail. It imports
// booking, money, notice and internal/tracing.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"farebook/internal/tracing"
)

// Config describes the mail server.
type Config struct {
	Host               string
	Port               int
	Username, Password string // both or neither
	TLS                string // none, starttls or tls
	// PasswordNow returns the password for the next connection, where it may be rotated; nil for Password.
	PasswordNow func() string
	From        string         // "Farebook <bookings@example.com>"
	Timeout     time.Duration  // limit of one exchange; 15 s if 0
	RootCAs     *x509.CertPool // certificate authorities; nil for the system's
}

// Sender sends emails through one server, with one connection per email: emails are rare, and an idle connection would be
// stale.
type Sender struct{ config Config }

// defaultTimeout ends an exchange with a server that hangs.
const defaultTimeout = 15 * time.Second

// NewSender validates the configuration without contacting the server.
func NewSender(config Config) (*Sender, error) {
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if _, err := gomail.NewClient(config.Host, gomail.WithPort(config.Port), gomail.WithTimeout(config.Timeout)); err != nil {
		return nil, fmt.Errorf("SMTP_HOST or SMTP_PORT cannot be used: %w", err)
	}
	switch config.TLS {
	case "none", "starttls", "tls":
	default:
		return nil, fmt.Errorf("SMTP_TLS is %q: want none, starttls or tls", config.TLS)
	}
	if err := gomail.NewMsg().From(config.From); err != nil {
		return nil, errors.New(`SMTP_FROM is not an address: want "Farebook <bookings@example.com>"`)
	}
	return &Sender{config: config}, nil
}

// Send sends one email. It returns the server's answer, without addresses, once the server has accepted it, otherwise a *PermanentError
// or *TemporaryError.
func (s *Sender) Send(ctx context.Context, m Message) (answer string, err error) {
	ctx, end := tracing.Start(ctx, "SMTP send", trace.SpanKindClient,
		attribute.String("server.address", s.config.Host), attribute.Int("server.port", s.config.Port))
	answer, err = s.send(ctx, m)
	end(err)
	return answer, err
}

func (s *Sender) send(ctx context.Context, m Message) (answer string, err error) {
	message, err := m.compose(s.config.From)
	if err != nil {
		return "", &PermanentError{}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	link := &connection{ctx: ctx, config: s.config}
	defer link.close()
	client, err := gomail.NewClient(s.config.Host, s.options(link)...)
	if err != nil {
		return "", classify(ctx, err)
	}
	err = client.DialAndSendWithContext(ctx, message)
	// Once the server has accepted the email, a failing QUIT must not cause a retry.
	if err == nil || message.IsDelivered() {
		return withoutAddresses(message.ServerResponse()), nil
	}
	return "", classify(ctx, err)
}

// withoutAddresses leaves out the words of a server's answer that may be an address: the answer is stored.
func withoutAddresses(answer string) string {
	words := slices.DeleteFunc(strings.Fields(answer), func(word string) bool { return strings.ContainsRune(word, '@') })
	return strings.ToValidUTF8(strings.Join(words, " "), "?")
}

func (s *Sender) options(link *connection) []gomail.Option {
	out := []gomail.Option{
		gomail.WithPort(s.config.Port), gomail.WithTimeout(s.config.Timeout), gomail.WithTLSConfig(s.config.tls()),
		gomail.WithDialContextFunc(link.dial),
		gomail.WithoutNoop(), gomail.WithoutRset(), // the connection is new, and ends with this email
	}
	switch s.config.TLS {
	case "starttls":
		out = append(out, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case "tls":
		out = append(out, gomail.WithSSL())
	default:
		out = append(out, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.config.Username == "" {
		return out
	}
	// The best method that the server offers. go-mail's own discovery does not know that the connection from link.dial is
	// encrypted, and would skip PLAIN. PLAIN and LOGIN refuse to run without TLS.
	methods := []gomail.SMTPAuthType{
		gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5,
	}
	if s.config.TLS == "none" {
		// For development: production refuses a password without TLS.
		methods = []gomail.SMTPAuthType{gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	return append(out, gomail.WithOpportunisticSMTPAuth(methods...),
		gomail.WithUsername(s.config.Username), gomail.WithPassword(s.config.password()))
}

func (c Config) password() string {
	if c.PasswordNow != nil {
		return c.PasswordNow()
	}
	return c.Password
}

func (c Config) tls() *tls.Config {
	return &tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
}

// connection closes what go-mail dials when the context ends, and at the end in any case: go-mail checks the context only until
// it is connected, and leaves the connection open if the greeting or the login fails.
type connection struct {
	ctx    context.Context
	config Config
	conn   net.Conn
	stop   func() bool
}

func (l *connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.conn = conn
	l.stop = context.AfterFunc(l.ctx, func() { _ = conn.Close() }) // a pending read then fails
	if l.config.TLS != "tls" {
		return conn, nil
	}
	encrypted := tls.Client(conn, l.config.tls())
	if err := encrypted.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return encrypted, nil
}

func (l *connection) close() {
	if l.conn == nil {
		return
	}
	l.stop()
	_ = l.conn.Close() // go-mail has closed it already on success
}
