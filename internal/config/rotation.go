package config

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"go.temporal.io/sdk/client"

	"farebook/internal/paylink"
	"farebook/internal/payload"
	"farebook/internal/telemetry"
)

// secretFile is a secret in a file that is read again at each use, so that the next use after a rotation has the new secret.
type secretFile struct {
	name, path string
	// check refuses a text that cannot replace the secret of a running process; nil accepts all. Its errors never quote the text.
	check func(text string) error

	mu      sync.Mutex
	last    string
	failing bool // the file could not be used the last time, which was logged
	log     *slog.Logger
}

// now returns the secret. While its file is missing or unusable, it returns the last good one and logs that once.
func (f *secretFile) now() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, err := readSecret(f.path)
	if err == nil && text != f.last && f.check != nil {
		err = f.check(text)
	}
	switch variable := f.name + fileSuffix; {
	case err != nil && !f.failing:
		f.log.Error("the file of a secret cannot be used; the last secret stays in use", "variable", variable, "error", err)
	case err == nil && text != f.last:
		f.log.Info("a secret has been rotated", "variable", variable)
	case err == nil && f.failing:
		f.log.Info("the file of a secret can be used again", "variable", variable)
	}
	f.failing = err != nil
	if err == nil {
		f.last = text
	}
	return f.last
}

// LogRotations sets where rotations of secrets and files that cannot be used are logged: nowhere before.
func (c Config) LogRotations(log *slog.Logger) {
	for _, file := range c.files {
		file.mu.Lock()
		file.log = log
		file.mu.Unlock()
	}
}

// StripeKey returns Stripe's secret key: from a file, as it is now. A key of the other mode is not taken over, because the books are those
// of one mode.
func (c Config) StripeKey() string {
	if file, found := c.files["STRIPE_SECRET_KEY"]; found {
		return file.now()
	}
	return c.Stripe.SecretKey
}

// WebhookSecrets returns the secrets of which one has to have signed a webhook: from a file, as they are now.
func (c Config) WebhookSecrets() []string {
	return latest(c.files["STRIPE_WEBHOOK_SECRET"], splitWebhookSecrets, c.Stripe.WebhookSecrets)
}

// latest returns what is in the file of a secret now, and given where the secret is not in a file.
func latest[T any](file *secretFile, parse func(string) (T, error), given T) T {
	if file == nil {
		return given
	}
	parsed, err := parse(file.now())
	if err != nil {
		return given // the file's check refuses such a text, so it is never the last good one
	}
	return parsed
}

// SMTPPassword returns the password for the mail server: from a file, as it is now.
func (c Config) SMTPPassword() string {
	if file, found := c.files["SMTP_PASSWORD"]; found {
		return file.now()
	}
	return c.SMTP.Password
}

// checks are those of secretFile, by variable. DATABASE_DSN has DatabaseLogin, and migrate reads DATABASE_ADMIN_DSN once.
func (r *reader) checks() map[string]func(string) error {
	return map[string]func(string) error{
		"STRIPE_SECRET_KEY": func(text string) error {
			next, known := Stripe{SecretKey: text}, Stripe{SecretKey: r.environ["STRIPE_SECRET_KEY"]}
			if !next.isSecretKey() || next.Live() != known.Live() {
				return errors.New("has no secret key of the mode in which the process was started: restart it to change the mode")
			}
			return nil
		},
		"STRIPE_WEBHOOK_SECRET": parses(splitWebhookSecrets),
		"SMTP_PASSWORD":         nil,
		"TEMPORAL_API_KEY":      nil,
		payloadKeys:             parses(payload.Parse),
		"PAY_LINK_KEYS":         parses(paylink.ParseKeys),
		otlpHeaders:             parses(telemetry.ParseHeaders),
	}
}

// parses is the check of a text that a parser reads.
func parses[T any](parse func(string) (T, error)) func(string) error {
	return func(text string) error {
		_, err := parse(text)
		return err
	}
}

// follow reads a secret again at each use, if the process can take over another one.
func (r *reader) follow(name, path, text string) {
	check, follows := r.checks()[name]
	if !follows {
		return
	}
	if r.config.files == nil {
		r.config.files = map[string]*secretFile{}
	}
	r.config.files[name] = &secretFile{name: name, path: path, check: check, last: text, log: slog.New(slog.DiscardHandler)}
}

// splitWebhookSecrets reads one or more secrets, separated by commas.
func splitWebhookSecrets(text string) ([]string, error) {
	var secrets []string
	for secret := range strings.SplitSeq(text, ",") {
		secret = strings.TrimSpace(secret)
		switch {
		case secret == "":
		case !strings.HasPrefix(secret, "whsec_"):
			return nil, errors.New("has a secret that does not begin with whsec_: copy the endpoint's signing secret from Stripe")
		default:
			secrets = append(secrets, secret)
		}
	}
	if len(secrets) == 0 {
		return nil, errors.New("holds no secret: set it to the endpoint's signing secret, which begins with whsec_")
	}
	return secrets, nil
}

// rotateTemporal makes a client follow the file of its API key, and those of its certificate and key, which it reads for each connection.
func (c Config) rotateTemporal(options *client.Options) {
	if file, found := c.files["TEMPORAL_API_KEY"]; found {
		options.Credentials = client.NewAPIKeyDynamicCredentials(func(context.Context) (string, error) { return file.now(), nil })
	}
	connects := options.ConnectionOptions.TLS
	if c.temporal.TLS == nil || c.temporal.TLS.ClientCertPath == "" || connects == nil {
		return
	}
	latest := &certificate{
		files: [2]string{c.temporal.TLS.ClientCertPath, c.temporal.TLS.ClientKeyPath}, last: connects.Certificates[0], // as envconfig read them
	}
	connects.Certificates = nil
	connects.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return latest.now(), nil }
}

// certificate is a certificate and its key in two files.
type certificate struct {
	files [2]string
	mu    sync.Mutex
	last  tls.Certificate
}

// now returns the pair in the files, and the last good one while they are being replaced.
func (c *certificate) now() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if pair, err := tls.LoadX509KeyPair(c.files[0], c.files[1]); err == nil {
		c.last = pair
	}
	found := c.last
	return &found
}

// isSecretKey reports whether the key has the form of Stripe's secret and restricted keys.
func (s Stripe) isSecretKey() bool {
	return slices.ContainsFunc([]string{"sk_live_", "rk_live_", "sk_test_", "rk_test_"}, func(prefix string) bool {
		return strings.HasPrefix(s.SecretKey, prefix)
	})
}
