// Package mail writes Farebook's mails, in English and Arabic, and hands them to an SMTP server.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Config is how the mail server is reached.
type Config struct {
	Host               string
	Port               int
	Username, Password string         // both or neither
	TLS                string         // none, starttls or tls
	From               string         // "Farebook <bookings@example.com>"
	Timeout            time.Duration  // of one whole exchange; 15 s when 0
	RootCAs            *x509.CertPool // who may vouch for the server; nil for those that the system trusts
}

// Sender hands mails to one server, a connection a mail: what is sent is rare, and a kept connection would be stale.
type Sender struct{ config Config }

// defaultTimeout ends an exchange with a server that hangs.
const defaultTimeout = 15 * time.Second

// NewSender checks what can be checked without the server.
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

// Send hands one mail over. It returns nil once the server has taken the mail, *PermanentError or *TemporaryError.
func (s *Sender) Send(ctx context.Context, m Message) error {
	message, err := m.compose(s.config.From)
	if err != nil {
		return &PermanentError{}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	link := &connection{ctx: ctx, config: s.config}
	defer link.close()
	client, err := gomail.NewClient(s.config.Host, s.options(link)...)
	if err != nil {
		return classify(ctx, err)
	}
	err = client.DialAndSendWithContext(ctx, message)
	// Once the server has taken the mail, a farewell that goes wrong must not have it sent again.
	if err == nil || message.IsDelivered() {
		return nil
	}
	return classify(ctx, err)
}

func (s *Sender) options(link *connection) []gomail.Option {
	out := []gomail.Option{
		gomail.WithPort(s.config.Port), gomail.WithTimeout(s.config.Timeout), gomail.WithTLSConfig(s.config.tls()),
		gomail.WithDialContextFunc(link.dial),
		gomail.WithoutNoop(), gomail.WithoutRset(), // the connection is new, and ends with this mail
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
	// The best that the server offers. Not go-mail's own discovery: it cannot tell that the connection from link.dial is
	// encrypted, and would pass PLAIN over. PLAIN and LOGIN are themselves refused without TLS.
	methods := []gomail.SMTPAuthType{
		gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5,
	}
	if s.config.TLS == "none" {
		// For development: production's configuration refuses a password without TLS.
		methods = []gomail.SMTPAuthType{gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	return append(out, gomail.WithOpportunisticSMTPAuth(methods...),
		gomail.WithUsername(s.config.Username), gomail.WithPassword(s.config.Password))
}

func (c Config) tls() *tls.Config {
	return &tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
}

// connection closes what go-mail dials as soon as the context ends, and in any case at the end: go-mail heeds a context
// only until it is connected, and leaves the connection open when the greeting or the login fails.
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
	l.stop = context.AfterFunc(l.ctx, func() { _ = conn.Close() }) // whoever reads from it learns of it
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
	_ = l.conn.Close() // go-mail has closed it already, when all went well
}
