package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"farebook/internal/logging"
)

const (
	// Deadline is how long a receiver has for its whole answer. A receiver that does its work afterwards needs milliseconds.
	Deadline = 10 * time.Second
	// connectTimeout is how long connecting and the TLS handshake may take, each.
	connectTimeout = 5 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes, and maxHeader its header.
	maxAnswer = 2 << 10
	maxHeader = 16 << 10
	// idleConnections are kept between events.
	idleConnections = 64
	idleTimeout     = 30 * time.Second
	userAgent       = "Farebook-Webhooks/1 (+https://www.standardwebhooks.com)"
)

// Message is an event for one receiver.
type Message struct {
	ID      string
	URL     string
	Body    []byte
	Secrets []string // whsec_...; each signs
	Now     time.Time
}

// Answer is what a receiver answered. Status is zero where no header of an answer came. Problem says why there was no complete answer, and
// is empty where there was one.
type Answer struct {
	Status  int
	Excerpt string // of the body, redacted
	Problem string
	Took    time.Duration
}

// Sender sends messages. It follows no redirects, uses no proxy, and connects only where its guard lets it.
type Sender struct{ client *http.Client }

// NewSender makes a sender.
func NewSender(guard *Guard) *Sender {
	dialer := &net.Dialer{Timeout: connectTimeout, Control: guard.Control}
	return &Sender{client: &http.Client{
		Timeout:       Deadline,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil, // the environment's proxy would connect in the guard's place
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    connectTimeout,
			ResponseHeaderTimeout:  Deadline,
			MaxResponseHeaderBytes: maxHeader,
			MaxIdleConns:           idleConnections, MaxIdleConnsPerHost: 1, IdleConnTimeout: idleTimeout,
			DisableCompression: true,
		},
	}}
}

// Close ends idle connections.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Send sends a message once. An error means that the message could not be signed, or that ctx ended. Whatever the receiver does is an
// answer.
func (s *Sender) Send(ctx context.Context, m Message) (Answer, error) {
	signature, err := sign(m)
	if err != nil {
		return Answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return Answer{Problem: "its address cannot be used"}, nil
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set(standardwebhooks.HeaderWebhookID, m.ID)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(m.Now.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	began := time.Now()
	response, err := s.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return Answer{}, ctx.Err()
		}
		return Answer{Problem: problemOf(err), Took: time.Since(began)}, nil
	}
	defer func() { _ = response.Body.Close() }() // what is left of it is of no interest
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	answer := Answer{Status: response.StatusCode, Excerpt: excerpt(body), Took: time.Since(began)}
	if err != nil {
		answer.Problem = problemOf(err)
	}
	return answer, nil
}

// sign returns the signatures of all secrets, with spaces between them: the form of the specification for a rotation.
func sign(m Message) (string, error) {
	signatures := make([]string, 0, len(m.Secrets))
	for _, secret := range m.Secrets {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return "", errors.New("a signing secret is not base64") // without the secret
		}
		signature, err := signer.Sign(m.ID, m.Now, m.Body)
		if err != nil {
			return "", fmt.Errorf("sign message %s: %w", m.ID, err)
		}
		signatures = append(signatures, signature)
	}
	return strings.Join(signatures, " "), nil
}

// excerpt is what is kept of an answer: printable text, without secrets, mail addresses and card numbers.
func excerpt(body []byte) string {
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == '\uFFFD' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(body), " "))
	return logging.Redact(strings.TrimSpace(text))
}

// problemOf says why there was no complete answer. It leaves out the error's text, which may name addresses of a private network.
func problemOf(err error) string {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedPort), errors.Is(err, ssrf.ErrProhibitedNetwork):
		return "not sent: its address leads to a private, local or reserved network"
	case errors.As(err, &dns):
		return "its host name does not resolve"
	case errors.As(err, &certificate):
		return "its TLS certificate is not valid"
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("no complete answer within %s", Deadline)
	}
	return "the connection failed or was closed"
}
