package devstack

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
)

// secrets are generated for each run, so that no secret is in the repository or outlives its run.
type secrets struct{ stripeKey, webhookSecret, databasePassword, publishableKey, payLinkKey, endpointKey, mailPassword string }

func newSecrets() secrets {
	return secrets{
		stripeKey:        "sk_test_" + hex.EncodeToString(random(16)),
		webhookSecret:    "whsec_" + hex.EncodeToString(random(16)),
		databasePassword: hex.EncodeToString(random(16)),
		publishableKey:   "pk_test_" + hex.EncodeToString(random(16)),
		payLinkKey:       "development:" + base64.StdEncoding.EncodeToString(random(32)),
		mailPassword:     hex.EncodeToString(random(16)),
		endpointKey:      base64.StdEncoding.EncodeToString(random(32)),
	}
}

func random(bytes int) []byte {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return b
}

type variable struct{ name, value string }

// shared returns the variables of both our programs and var/dev.env.
func (s *Stack) shared() []variable {
	host, port, _ := strings.Cut(s.Mailbox.SMTPAddr(), ":")
	all := []variable{
		{"STRIPE_API_BASE", s.Stripe.URL()},
		{"STRIPE_SECRET_KEY", s.secrets.stripeKey},
		{"STRIPE_WEBHOOK_SECRET", s.secrets.webhookSecret},
		{"STRIPE_PUBLISHABLE_KEY", s.secrets.publishableKey},
		{"PAY_URL", s.APIURL},
		{"PAY_LINK_KEYS", s.secrets.payLinkKey},
		{"TEMPORAL_ADDRESS", s.Temporal.Address()},
		{"DATABASE_DSN", s.AppDSN()},
		{"SMTP_HOST", host},
		{"SMTP_PORT", port},
		{"SMTP_TLS", "none"},
		{"SMTP_FROM", "Farebook <bookings@farebook.example>"},
		{"FINANCE_EMAIL", "finance@farebook.example"},
		{"WEBHOOK_KEY_FILE", s.webhookKeyFile()},
		{"WEBHOOK_ALLOW_LOOPBACK", "true"},
	}
	if s.options.MailLogin {
		all = append(all, variable{"SMTP_USERNAME", MailUser}, variable{"SMTP_PASSWORD", s.secrets.mailPassword})
	}
	for _, assignment := range s.consoleEnv() {
		name, value, _ := strings.Cut(assignment, "=")
		all = append(all, variable{name, value})
	}
	return all
}

// webhookKeyFile holds the key from which the secrets of webhook endpoints derive: it is read from a file only.
func (s *Stack) webhookKeyFile() string { return filepath.Join(s.options.Dir, "webhook-keys") }

func (s *Stack) writeWebhookKey() error {
	return os.WriteFile(s.webhookKeyFile(), []byte(s.secrets.endpointKey+"\n"), 0o600)
}

// MailUser is the user name of Options.MailLogin.
const MailUser = "farebook"

// MailPassword is the password that MailUser has at the start.
func (s *Stack) MailPassword() string { return s.secrets.mailPassword }

// AppDSN returns the DSN of the application's database user.
func (s *Stack) AppDSN() string {
	return "farebook:" + s.secrets.databasePassword + "@tcp(" + s.MariaDB.Addr() + ")/farebook"
}

// Environment returns what another program needs to use this stack: NAME=value.
func (s *Stack) Environment() []string {
	all := append([]variable{{"FAREBOOK_API_URL", s.APIURL}, {"FAREBOOK_API_KEY", s.APIKey}}, s.shared()...)
	// The environment of the stack, so that another worker has the configuration of the first.
	for _, assignment := range s.options.Env {
		name, value, _ := strings.Cut(assignment, "=")
		all = append(all, variable{name, value})
	}
	all = append(all, variable{"DATABASE_ADMIN_DSN", s.MariaDB.AdminDSN()})
	all = append(all, variable{"TEMPORAL_UI_URL", s.Temporal.UIURL()}, variable{"MAILBOX_URL", s.Mailbox.URL()})
	lines := make([]string, len(all))
	for i, v := range all {
		lines[i] = v.name + "=" + v.value
	}
	return lines
}

// WriteEnvironment writes Environment as shell assignments, for `. var/dev.env`, readable by its owner only.
func (s *Stack) WriteEnvironment(path string) error {
	var text strings.Builder
	for _, line := range s.Environment() {
		name, value, _ := strings.Cut(line, "=")
		text.WriteString(name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'\n")
	}
	return os.WriteFile(path, []byte(text.String()), 0o600)
}
