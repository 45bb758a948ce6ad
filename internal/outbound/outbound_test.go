package outbound_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"farebook/internal/outbound"
)

// No address leads into a private network, in whatever form it is written.
func TestAddressesThatAreNotPublicAreRefused(t *testing.T) {
	t.Parallel()
	guard := outbound.NewGuard(false)
	for _, address := range []string{
		"https://127.0.0.1/", "https://127.1.2.3:8443/", "https://localhost/", "https://10.0.0.8/", "https://172.16.3.4/", "https://192.168.1.1/",
		"https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://0.0.0.0/", "https://224.0.0.1/", "https://255.255.255.255/",
		"https://192.0.2.1/", "https://198.18.0.1/", "https://240.0.0.1/",
		"https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/", "https://[ff02::1]/",
		"https://[::ffff:127.0.0.1]/", "https://[::ffff:a9fe:a9fe]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
		"https://[2001:db8::1]/", "https://[2001::1]/", "https://[fec0::1]/", "https://2130706433/", "https://0x7f000001/", "https://127.1/",
		"https://0177.0.0.1/",
		"https://8.8.8.8:22/", "https://8.8.8.8:3306/", "http://8.8.8.8/", "ftp://8.8.8.8/", "ftp://8.8.8.8:443/",
		"https://", "https:///path", "8.8.8.8", "",
		"https://user:password@8.8.8.8/", "https://8.8.8.8/#fragment", "https://8.8.8.8/ x", "https://8.8.8.8:0/", "https://8.8.8.8:99999/",
		"https://no-such-host.invalid/", "https://8.8.8.8/" + strings.Repeat("x", 2000),
	} {
		var refused *outbound.RefusedURLError
		require.ErrorAs(t, guard.Check(t.Context(), address), &refused, address)
		require.NotContains(t, refused.Why, "127.", "what a name leads to is not told")
	}
	for _, address := range []string{"https://8.8.8.8/", "https://8.8.8.8:8443/a?b=c", "https://[2606:4700:4700::1111]/"} {
		require.NoError(t, guard.Check(t.Context(), address), address)
	}
}

// Development allows this machine, and nothing else of what is refused.
func TestLoopbackIsAllowedOnRequest(t *testing.T) {
	t.Parallel()
	guard := outbound.NewGuard(true)
	for _, address := range []string{"http://127.0.0.1:4321/hook", "https://127.0.0.1:9/", "http://[::1]:8080/"} {
		require.NoError(t, guard.Check(t.Context(), address), address)
	}
	for _, address := range []string{"http://8.8.8.8/", "https://10.0.0.1/", "https://169.254.169.254/", "http://[::ffff:127.0.0.1]/"} {
		require.Error(t, guard.Check(t.Context(), address), address)
	}
}

// An address is checked again when a connection is made, so that a name that leads elsewhere by then leads nowhere.
func TestConnectionsAreCheckedAgain(t *testing.T) {
	t.Parallel()
	reached := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	for _, address := range []string{server.URL, "http://localhost:" + port} {
		answer, err := outbound.NewSender(outbound.NewGuard(false)).Send(t.Context(), message(address))
		require.NoError(t, err)
		require.Zero(t, answer.Status)
		require.Equal(t, "not sent: its address leads to a private, local or reserved network", answer.Problem)
	}
	require.False(t, reached)
}

const (
	newSecret = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	oldSecret = "whsec_" + "MTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
)

func message(address string) outbound.Message {
	return outbound.Message{ID: "msg_1", URL: address, Body: []byte(`{"type":"test"}`), Secrets: []string{newSecret, oldSecret}, Now: time.Now()}
}

func served(t *testing.T, handler http.HandlerFunc) (outbound.Answer, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	sender := outbound.NewSender(outbound.NewGuard(true))
	t.Cleanup(sender.Close)
	return sender.Send(t.Context(), message(server.URL))
}

// Both secrets of a rotation verify a message, by the library of the specification, and no other one does.
func TestMessagesAreSignedByEachSecret(t *testing.T) {
	t.Parallel()
	var verified []error
	answer, err := served(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		for _, secret := range []string{newSecret, oldSecret, "whsec_" + base64.StdEncoding.EncodeToString([]byte("another"))} {
			receiver, err := standardwebhooks.NewWebhook(secret)
			if err == nil {
				err = receiver.Verify(body, r.Header)
			}
			verified = append(verified, err)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, answer.Status)
	require.Len(t, verified, 3)
	require.NoError(t, verified[0])
	require.NoError(t, verified[1])
	require.ErrorIs(t, verified[2], standardwebhooks.ErrNoMatchingSignature)
}

// A redirect is an answer that is not followed, and of a body without an end the beginning is read.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	elsewhere := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere = true }))
	t.Cleanup(other.Close)
	answer, err := served(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusTemporaryRedirect, answer.Status)
	require.False(t, elsewhere)

	answer, err = served(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(strings.Repeat("card 4242424242424242, layla@example.com\n", 100))); err != nil {
				return
			}
		}
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusInternalServerError, answer.Status)
	require.Less(t, len(answer.Excerpt), 3000)
	require.NotContains(t, answer.Excerpt, "4242424242424242")
	require.NotContains(t, answer.Excerpt, "layla@")
	require.NotContains(t, answer.Excerpt, "\n")
}

// What goes wrong is said without addresses; a call that is ended by its caller is no answer.
func TestProblemsAreNamed(t *testing.T) {
	t.Parallel()
	sender := outbound.NewSender(outbound.NewGuard(true))
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(plain.Close)
	for address, problem := range map[string]string{
		server.URL: "its TLS certificate is not valid",
		"https" + strings.TrimPrefix(plain.URL, "http"): "the connection failed or was closed",
		"https://no-such-host.invalid/":                 "its host name does not resolve",
		"http://127.0.0.1:1/":                           "the connection failed or was closed",
	} {
		answer, err := sender.Send(t.Context(), message(address))
		require.NoError(t, err)
		require.Equal(t, problem, answer.Problem, address)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := sender.Send(ended, message(plain.URL))
	require.True(t, errors.Is(err, context.Canceled))
}
