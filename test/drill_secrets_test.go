package test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// travellers book and pay until stop is called, under the API key of the moment. It returns what was booked, and what was refused.
func travellers(s *testkit.Stack, token *atomic.Pointer[string],
) (progress *atomic.Int64, stop func() (booked []testkit.Booked, refused string)) {
	const callers = 3
	progress = &atomic.Int64{}
	var refusals testkit.Buffer
	var mu sync.Mutex
	var all []testkit.Booked
	var ended atomic.Bool
	var group sync.WaitGroup
	body := testkit.BookingBody(nil)
	for caller := range callers {
		group.Go(func() {
			for i := 0; !ended.Load(); i++ {
				client := *s.API
				client.Token = *token.Load()
				answer, err := client.Ask(http.MethodPost, "/v1/bookings", fmt.Sprintf("drill-%d-%d", caller, i), body)
				if err != nil || answer.Status != http.StatusCreated {
					_, _ = fmt.Fprintf(&refusals, "%v %d %s\n", err, answer.Status, answer.Body) // never fails
					continue
				}
				var booked testkit.Booked
				answer.Into(s.T, &booked)
				if status := s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"); status != http.StatusOK {
					_, _ = fmt.Fprintf(&refusals, "payment %d\n", status) // never fails
				}
				mu.Lock()
				all = append(all, booked)
				mu.Unlock()
				progress.Add(1)
			}
		})
	}
	return progress, func() ([]testkit.Booked, string) {
		ended.Store(true)
		group.Wait()
		return all, refusals.String()
	}
}

// databaseUser makes a user with the application's rights by `starter migrate`, and returns the DSN.
func databaseUser(s *testkit.Stack, name string) string {
	s.T.Helper()
	dsn, err := mysql.ParseDSN(s.Config.DatabaseDSN)
	require.NoError(s.T, err)
	dsn.User, dsn.Passwd = dsn.User[:min(len(dsn.User), 24)]+name, "drill-"+name
	s.T.Cleanup(func() {
		_, err := s.DB.SQL.ExecContext(context.WithoutCancel(s.T.Context()), "DROP USER IF EXISTS '"+dsn.User+"'@'%'")
		require.NoError(s.T, err)
	})
	migrate := s.MigrateCommand()
	migrate.Env = append(migrate.Env, "DATABASE_DSN_FILE=", "DATABASE_DSN="+dsn.FormatDSN())
	output, err := migrate.CombinedOutput()
	require.NoError(s.T, err, "%s", output)
	return dsn.FormatDSN()
}

// awaitNobodyAs waits until no connection of a database user is open.
func awaitNobodyAs(s *testkit.Stack, dsn string) string {
	s.T.Helper()
	parsed, err := mysql.ParseDSN(dsn)
	require.NoError(s.T, err)
	s.Eventually(func() bool {
		return s.DB.Count(s.T, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = ?", parsed.User) == 0
	}, "connections of %s stay open; logs:\n%s", parsed.User, s.Logs)
	return parsed.User
}

// payLinkKey is a key of links to the payment page.
func payLinkKey(id string) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("drilled-"), 4))
}

// Secrets are rotated while travellers book and pay, as docs/deploying.md says: nothing is refused, nothing is lost, and the old
// secrets are worth nothing afterwards.
func TestDrillSecretsAreRotatedUnderLoad(t *testing.T) {
	t.Parallel()
	oldKey, newKey := payloadKey(t, "2026-10"), payloadKey(t, "2026-11")
	s := testkit.New(t, testkit.Options{
		Processes: true, SecretFiles: true, PayPage: true, MailPassword: "first-mail-password",
		Env: []string{"TEMPORAL_PAYLOAD_KEYS=" + oldKey, "DATABASE_CONNECTION_LIFETIME=10s"},
	})
	first, second := databaseUser(s, "_1"), databaseUser(s, "_2")
	s.WriteSecret("DATABASE_DSN", first)
	var token atomic.Pointer[string]
	token.Store(&s.API.Token)
	done := drill(t)
	progress, stop := travellers(s, &token)
	more := func() {
		t.Helper()
		before := progress.Load()
		s.Eventually(func() bool { return progress.Load() >= before+6 }, "no bookings are taken; logs:\n%s", s.Logs)
	}
	more()

	expire := s.Stripe.RollKey("sk_test_" + "51Drilled")
	s.WriteSecret("STRIPE_SECRET_KEY", "sk_test_"+"51Drilled")
	more()
	expire()

	s.WriteSecret("STRIPE_WEBHOOK_SECRET", testkit.WebhookSecret+",whsec_"+"drilled")
	s.Stripe.SetWebhook(s.WebhookURL(), "whsec_"+"drilled")
	more()
	s.Stripe.Settle()
	s.WriteSecret("STRIPE_WEBHOOK_SECRET", "whsec_"+"drilled")

	s.Mailbox.SetPasswords("first-mail-password", "second-mail-password")
	s.WriteSecret("SMTP_PASSWORD", "second-mail-password")
	more()
	s.Mailbox.SetPasswords("second-mail-password")

	rotated := rotate(t, s)
	token.Store(&rotated)
	more()

	s.WriteSecret("TEMPORAL_PAYLOAD_KEYS", oldKey+","+newKey)
	more()
	s.WriteSecret("TEMPORAL_PAYLOAD_KEYS", newKey+","+oldKey)

	s.WriteSecret("PAY_LINK_KEYS", testkit.PayLinkKey+","+payLinkKey("drilled"))
	more()
	s.WriteSecret("PAY_LINK_KEYS", payLinkKey("drilled")+","+testkit.PayLinkKey)
	more()
	s.WriteSecret("PAY_LINK_KEYS", payLinkKey("drilled"))

	s.WriteSecret("DATABASE_DSN", second)
	s.DB.Exec(t, "DROP USER '"+awaitNobodyAs(s, first)+"'@'%'")
	more()
	booked, refused := stop()
	require.Empty(t, refused)
	require.Empty(t, s.LogLines("api", "Temporal call failed"), "a secret that was refused, and came right while the request was repeated")
	for _, one := range booked {
		s.AwaitStatus(one.Reference, "confirmed")
	}
	last := s.BookAndPay("after all rotations", nil)
	require.Contains(t, last.Payment.URL, "/pay/fpl_drilled.")
	s.AwaitQuiet()
	require.Equal(t, []string{"2026-11"}, payloadKeyIDs(s, s.WorkflowID(last.Reference)))
	require.Equal(t, len(booked)+1, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	requireMailedOnce(s, append(booked, last)...)
	requireCalm(s)
	require.NotContains(t, s.Logs.String(), "drill-_")
	require.False(t, strings.Contains(s.Logs.String(), "second-mail-password"))
	done()
}
