package config_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"farebook/internal/config"
)

// rotating is a configuration with every secret in a file, and the files by variable.
func rotating(t *testing.T) (config.Config, map[string]string) {
	t.Helper()
	vars, files := withSecrets(), map[string]string{}
	for _, name := range ofServer {
		files[name] = inFile(t, vars[name]+"\n")
		vars[name+"_FILE"] = files[name]
		delete(vars, name)
	}
	cfg, _, err := config.LoadFrom(lines(vars))
	require.NoError(t, err)
	return cfg, files
}

// The next use of a secret has what is in its file. What cannot be used leaves the last one, and is logged once, without the secret.
func TestSecretsFollowTheirFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now      func(config.Config) string
		next     string
		unusable []string
	}{
		"STRIPE_SECRET_KEY": {
			config.Config.StripeKey, "sk_" + "live_canaryNext", []string{"", "two\nlines", "sk_" + "test_canaryMode", "canaryKey"},
		},
		"STRIPE_WEBHOOK_SECRET": {
			func(cfg config.Config) string { return strings.Join(cfg.WebhookSecrets(), ",") },
			"whsec_canaryOne,whsec_canaryTwo",
			[]string{"", "canarySecret", ","},
		},
		"SMTP_PASSWORD": {config.Config.SMTPPassword, "canaryNext", []string{"", "two\nlines"}},
		"OTEL_EXPORTER_OTLP_HEADERS": {
			func(cfg config.Config) string { return cfg.Telemetry.Headers() }, "api-key=canaryNext", []string{"", "canaryKey", "canary key=1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, files := rotating(t)
			var logged bytes.Buffer
			cfg.LogRotations(slog.New(slog.NewTextHandler(&logged, nil)))
			require.Equal(t, withSecrets()[name], c.now(cfg))
			require.NoError(t, os.WriteFile(files[name], []byte(c.next), 0o600))
			require.Equal(t, c.next, c.now(cfg))
			require.Equal(t, 1, strings.Count(logged.String(), "rotated"))
			for _, text := range c.unusable {
				require.NoError(t, os.WriteFile(files[name], []byte(text), 0o600))
				require.Equal(t, c.next, c.now(cfg))
			}
			require.NoError(t, os.Remove(files[name]))
			require.Equal(t, c.next, c.now(cfg))
			require.Equal(t, 1, strings.Count(logged.String(), "level=ERROR"), "one fault is logged once")
			require.NoError(t, os.WriteFile(files[name], []byte(c.next+"\n"), 0o600))
			require.Equal(t, c.next, c.now(cfg))
			require.Contains(t, logged.String(), "can be used again")
			require.NoError(t, os.Remove(files[name]))
			require.Equal(t, c.next, c.now(cfg))
			require.Equal(t, 2, strings.Count(logged.String(), "level=ERROR"), "another fault is logged again")
			require.NotContains(t, logged.String(), "canary")
		})
	}
}

// Each request to Temporal has the API key of the moment.
func TestTemporalKeyFollowsItsFile(t *testing.T) {
	t.Parallel()
	keys := make(chan string, 10)
	server := &http.Server{Protocols: &http.Protocols{}, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys <- r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Grpc-Status", "12") // unimplemented, which the client does not retry
	})}
	server.Protocols.SetUnencryptedHTTP2(true)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { require.NoError(t, server.Close()) })

	file := inFile(t, "first")
	cfg, _, err := config.LoadFrom([]string{
		"TEMPORAL_ADDRESS=" + listener.Addr().String(), "TEMPORAL_API_KEY_FILE=" + file, "TEMPORAL_TLS=false",
	}, config.Temporal)
	require.NoError(t, err)
	options, err := cfg.TemporalOptions()
	require.NoError(t, err)
	temporal, err := client.NewLazyClient(options)
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	for _, key := range []string{"first", "second"} {
		require.NoError(t, os.WriteFile(file, []byte(key), 0o600))
		_, err := temporal.CheckHealth(t.Context(), &client.CheckHealthRequest{})
		require.Error(t, err)
		require.Equal(t, "Bearer "+key, <-keys)
		for len(keys) > 0 {
			<-keys
		}
	}
}

// Each connection to Temporal has the certificate that is in the files; while they are being replaced, the last one.
func TestTemporalCertificateFollowsItsFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	certificate, key := filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	first := writePair(t, certificate, key)
	vars := production()
	vars["TEMPORAL_TLS_CLIENT_CERT_PATH"], vars["TEMPORAL_TLS_CLIENT_KEY_PATH"] = certificate, key
	cfg, _, err := config.LoadFrom(lines(vars))
	require.NoError(t, err)
	options, err := cfg.TemporalOptions()
	require.NoError(t, err)
	sent := func() []byte {
		pair, err := options.ConnectionOptions.TLS.GetClientCertificate(nil)
		require.NoError(t, err)
		return pair.Certificate[0]
	}
	require.Equal(t, first, sent())
	second := writePair(t, certificate, key)
	require.NotEqual(t, first, second)
	require.Equal(t, second, sent())
	require.NoError(t, os.Remove(key))
	require.Equal(t, second, sent())
}

// writePair writes a new certificate with its key, and returns it in DER.
func writePair(t *testing.T, certificate, key string) []byte {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	made, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), 0o600))
	return made
}
