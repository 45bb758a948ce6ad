package testkit

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/wholefile"
)

// rotated are the secrets that a stack with Options.SecretFiles has in files.
var rotated = []string{
	"DATABASE_DSN", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "SMTP_PASSWORD", "TEMPORAL_PAYLOAD_KEYS", "PAY_LINK_KEYS",
}

// useSecretFiles moves the secrets of the environment into files.
func (s *Stack) useSecretFiles() {
	s.secrets = s.T.TempDir()
	for i, pair := range s.env {
		name, value, _ := strings.Cut(pair, "=")
		if slices.Contains(rotated, name) {
			s.WriteSecret(name, value)
			s.env[i] = name + "_FILE=" + filepath.Join(s.secrets, name)
		}
	}
}

// WriteSecret replaces the file of a secret.
func (s *Stack) WriteSecret(name, value string) {
	s.T.Helper()
	require.NoError(s.T, wholefile.Replace(filepath.Join(s.secrets, name), value+"\n"))
}

// RemoveSecret removes the file of a secret.
func (s *Stack) RemoveSecret(name string) {
	s.T.Helper()
	require.NoError(s.T, os.Remove(filepath.Join(s.secrets, name)))
}

// RotateStripe rolls key and webhook secret at Stripe, which refuses the earlier ones from then on, and writes the new ones into the files.
func (s *Stack) RotateStripe(key, webhookSecret string) {
	s.T.Helper()
	s.Stripe.SetKey(key)
	s.Stripe.SetWebhook(s.webhookURL, webhookSecret)
	s.WriteSecret("STRIPE_SECRET_KEY", key)
	s.WriteSecret("STRIPE_WEBHOOK_SECRET", webhookSecret)
}

// WebhookURL is where Stripe delivers webhooks.
func (s *Stack) WebhookURL() string { return s.webhookURL }
