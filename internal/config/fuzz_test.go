package config

import (
	"strings"
	"testing"
)

// Whatever an operator writes into the variables is read or refused, and what is said about it never repeats a secret.
func FuzzEnvironment(f *testing.F) {
	f.Add("app:", "@tcp(127.0.0.1:3306)/farebook", "sk_"+"test_", "bookings@example.com", "168:100,48:50", "smtp.example.com")
	f.Add("app:", "@tcp(127.0.0.1:3306)/farebook?parseTime=%zz", "whsec_", "Farebook <b@example.com>", "x", "[::1")
	f.Add("", "@/", "rk_"+"live_", "\r\n", "1:1,1:1", "")
	f.Add("a:b:", "@unix(/x)/?tls=\x00", "", "=?utf-8?q?x?=", "-1:200", "a b")
	const secret = "canary51Farebook"
	f.Fuzz(func(t *testing.T, before, after, prefix, from, policy, host string) {
		for _, text := range []string{before, after, prefix, from, policy, host} {
			if strings.Contains(text, secret) {
				return
			}
		}
		for _, app := range []string{Production, "development"} {
			_, warnings, err := LoadFrom([]string{
				"APP_ENV=" + app, "DATABASE_DSN=" + before + secret + after, "STRIPE_SECRET_KEY=" + prefix + secret,
				"STRIPE_WEBHOOK_SECRET=" + prefix + secret,
				"SMTP_HOST=" + host, "SMTP_FROM=" + from, "SMTP_USERNAME=" + host, "SMTP_PASSWORD=" + secret, "REFUND_POLICY=" + policy,
				"TEMPORAL_ADDRESS=" + host,
			})
			said := strings.Join(warnings, "\n")
			if err != nil {
				said += err.Error()
			}
			if strings.Contains(said, secret) {
				t.Fatalf("a secret is repeated: %q", said)
			}
		}
	})
}
