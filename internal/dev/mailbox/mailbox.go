// Package mailbox is the mail server of development and tests: it accepts emails over SMTP, keeps them in memory, shows them on
// a web page, and fails on request. It delivers nothing. emersion's go-smtp and go-message implement the protocols; Mailpit
// and similar programs need an installation, and cannot fail at a chosen stage of one exchange. It imports no other package of Farebook.
package mailbox

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// TLS modes of the SMTP server: the values of SMTP_TLS, so that one value configures client and server.
const (
	TLSNone     = "none"
	TLSStartTLS = "starttls"
	TLSImplicit = "tls"
)

const (
	// keptMessages bounds the memory of a mailbox that runs for days; the oldest are dropped first.
	keptMessages = 10_000
	// maxMessageBytes is the limit of large providers, so that an email that they would refuse is refused here.
	maxMessageBytes = 25 << 20
	// idleTimeout ends connections that a killed client left open.
	idleTimeout = 5 * time.Minute
)

// Options configures a mailbox. The zero value listens on free loopback ports, without TLS and without authentication.
type Options struct {
	SMTPAddr string // host:port; "127.0.0.1:0" when empty
	HTTPAddr string // host:port; "127.0.0.1:0" when empty
	TLS      string // TLSNone (when empty), TLSStartTLS or TLSImplicit, with a certificate created at start
	Username string // if set, mail is accepted only after AUTH PLAIN with Username and Password
	Password string
}

// Mailbox is a running SMTP server and its web page. Its methods are safe for concurrent use.
type Mailbox struct {
	options     Options
	smtpServer  *smtp.Server
	listener    net.Listener // of smtpServer
	httpServer  *http.Server
	smtpAddr    string
	httpAddr    string
	certificate certificate
	closing     chan struct{} // closed by Close, which ends scripted hangs
	serving     sync.WaitGroup

	mu        sync.Mutex
	messages  []Message
	nextID    int
	faults    []Fault
	passwords []string      // that are accepted; SetPasswords changes them
	arrived   chan struct{} // closed and replaced with each message, which wakes Await
}

// Start starts a mailbox, which serves until Close. On an error nothing is left listening.
func Start(options Options) (*Mailbox, error) {
	m := &Mailbox{options: options, closing: make(chan struct{}), arrived: make(chan struct{}), nextID: 1}
	m.SetPasswords(options.Password)
	tlsConfig, err := m.prepareTLS()
	if err != nil {
		return nil, err
	}
	smtpListener, err := net.Listen("tcp", orLoopback(options.SMTPAddr))
	if err != nil {
		return nil, fmt.Errorf("mailbox: listen for SMTP: %w", err)
	}
	httpListener, err := net.Listen("tcp", orLoopback(options.HTTPAddr))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mailbox: listen for HTTP: %w", err), smtpListener.Close())
	}
	m.smtpAddr, m.httpAddr = smtpListener.Addr().String(), httpListener.Addr().String()
	if options.TLS == TLSImplicit {
		smtpListener = tls.NewListener(smtpListener, tlsConfig)
	}
	m.listener, m.smtpServer = smtpListener, m.newSMTPServer(tlsConfig)
	m.httpServer = &http.Server{Handler: m.handler(), ReadHeaderTimeout: 10 * time.Second}
	m.serving.Add(2)
	go func() {
		defer m.serving.Done()
		_ = m.smtpServer.Serve(smtpListener) // ends with Close; if the listener fails, the next client reports it
	}()
	go func() {
		defer m.serving.Done()
		_ = m.httpServer.Serve(httpListener) // always http.ErrServerClosed after Close
	}()
	return m, nil
}

func (m *Mailbox) prepareTLS() (*tls.Config, error) {
	switch m.options.TLS {
	case "", TLSNone:
		return nil, nil
	case TLSStartTLS, TLSImplicit:
		made, err := newCertificate()
		if err != nil {
			return nil, fmt.Errorf("mailbox: create a certificate: %w", err)
		}
		m.certificate = made
		return made.serverConfig(), nil
	default:
		return nil, fmt.Errorf("mailbox: invalid TLS %q, use none, starttls or tls", m.options.TLS)
	}
}

func (m *Mailbox) newSMTPServer(tlsConfig *tls.Config) *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(m.newSession))
	server.Domain = "mailbox.localhost"
	server.MaxMessageBytes = maxMessageBytes
	server.MaxRecipients = 100
	server.ReadTimeout, server.WriteTimeout = idleTimeout, idleTimeout
	server.EnableSMTPUTF8 = true
	// AUTH over plain text is allowed only if TLS is not configured.
	server.AllowInsecureAuth = tlsConfig == nil
	// Scripted faults break connections on purpose, and the client reports its error.
	server.ErrorLog = log.New(io.Discard, "", 0)
	if m.options.TLS == TLSStartTLS {
		server.TLSConfig = tlsConfig
	}
	return server
}

// SetPasswords replaces the passwords that Username may send: two while one is being rotated.
func (m *Mailbox) SetPasswords(passwords ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.passwords = passwords
}

// accepts reports whether a password is valid now.
func (m *Mailbox) accepts(password string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.passwords, func(valid string) bool {
		return subtle.ConstantTimeCompare([]byte(password), []byte(valid)) == 1
	})
}

// SMTPAddr returns host:port of the SMTP server.
func (m *Mailbox) SMTPAddr() string { return m.smtpAddr }

// URL returns the address of the web page, without a trailing slash.
func (m *Mailbox) URL() string { return "http://" + m.httpAddr }

// CertificatePEM returns the certificate that a TLS client has to trust; empty without TLS.
func (m *Mailbox) CertificatePEM() []byte { return m.certificate.pem }

// Messages returns the kept messages, oldest first.
func (m *Mailbox) Messages() []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.messages)
}

// Clear removes all messages. Ids are not reused.
func (m *Mailbox) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = nil
}

// Await returns the first kept message that matches, waiting for it until ctx ends.
func (m *Mailbox) Await(ctx context.Context, match func(Message) bool) (Message, error) {
	for {
		m.mu.Lock()
		arrived, index := m.arrived, slices.IndexFunc(m.messages, match)
		var found Message
		if index >= 0 {
			found = m.messages[index]
		}
		m.mu.Unlock()
		if index >= 0 {
			return found, nil
		}
		select {
		case <-arrived:
		case <-m.closing:
			return Message{}, errors.New("mailbox: closed before the message arrived")
		case <-ctx.Done():
			return Message{}, fmt.Errorf("mailbox: no such message: %w", ctx.Err())
		}
	}
}

func (m *Mailbox) keep(message Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	message.ID = m.nextID
	m.nextID++
	m.messages = append(m.messages, message)
	if len(m.messages) > keptMessages {
		m.messages = slices.Clone(m.messages[len(m.messages)-keptMessages:])
	}
	close(m.arrived)
	m.arrived = make(chan struct{})
}

// Close ends both servers and all connections at once. It must not be called twice.
func (m *Mailbox) Close() error {
	close(m.closing)
	err := errors.Join(m.smtpServer.Close(), m.httpServer.Close())
	// If Serve has not run yet, go-smtp does not know the listener and does not close it.
	if closeErr := m.listener.Close(); closeErr != nil && !errors.Is(closeErr, net.ErrClosed) {
		err = errors.Join(err, closeErr)
	}
	m.serving.Wait()
	return err
}

func orLoopback(addr string) string {
	if addr == "" {
		return "127.0.0.1:0"
	}
	return addr
}
