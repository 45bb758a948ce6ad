package devstack_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/freeport"
	"farebook/internal/dev/mailbox"
)

// patience is far longer than any step takes; a killed database replays its log first.
const patience = 2 * time.Minute

// The stack of `make up`: a booking is paid and confirmed by email, each part is killed and started again, a second booking is paid
// and confirmed too, and nothing is left after Stop.
func TestUpSurvivesTheDeathOfEveryPart(t *testing.T) {
	t.Parallel()
	progress := &safeBuffer{}
	dir := t.TempDir()
	require.NoError(t, devstack.Need(t.Context(), os.Stderr, "prometheus", "prometheus"))
	stack, err := devstack.Up(t.Context(), devstack.Options{Dir: dir, Fast: true, Prometheus: true, Progress: progress})
	require.NoError(t, err)
	stopped := false
	t.Cleanup(func() {
		if !stopped {
			require.NoError(t, stack.Stop())
		}
	})
	_, err = devstack.Up(t.Context(), devstack.Options{Dir: dir, Progress: io.Discard})
	require.ErrorContains(t, err, "another stack runs")

	payOne(t, stack, "before@example.com")
	parts := []interface {
		Name() string
		Kill() error
		Pid() int
	}{stack.Worker, stack.API, stack.Temporal, stack.MariaDB, stack.Prometheus}
	for _, part := range parts {
		require.NoError(t, part.Kill())
		back := part.Name() + " runs again"
		require.Eventually(t, func() bool { return strings.Contains(progress.String(), back) }, patience, 50*time.Millisecond)
		require.Contains(t, progress.String(), part.Name()+" died (signal: killed)")
	}
	payOne(t, stack, "after@example.com")
	require.Eventually(t, func() bool {
		scraped, err := stack.Prometheus.Query(t.Context(), `sum(up{job=~"farebook-(api|worker)"})`)
		return err == nil && len(scraped) == 1 && scraped[0].Value == 2
	}, patience, 50*time.Millisecond, "Prometheus does not scrape API and worker")

	require.NoError(t, stack.Stop())
	stopped = true
	for _, part := range parts {
		require.False(t, alive(part.Pid()), part.Name())
	}
	for _, address := range []string{stack.APIURL, stack.Mailbox.URL(), stack.Stripe.URL()} {
		_, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
		require.Error(t, err, address)
	}
}

// payOne books and pays as a traveller does, and waits for the confirmation.
func payOne(t *testing.T, stack *devstack.Stack, email string) {
	t.Helper()
	bookAndPay(t, stack, email)
	awaitConfirmation(t, stack, email)
}

func bookAndPay(t *testing.T, stack *devstack.Stack, email string) {
	t.Helper()
	departs := time.Now().AddDate(0, 1, 0)
	body := fmt.Sprintf(`{"customer":{"name":"Mona","email":%q,"locale":"en"},"amount":{"value":45900,"currency":"USD"},
		"flight":{"number":"MS985","from":"CAI","to":"JFK","departsAt":%q,"arrivesAt":%q,"passengers":[{"name":"Mona"}]}}`,
		email, departs.Format(time.RFC3339), departs.Add(11*time.Hour).Format(time.RFC3339))
	var booked struct {
		Payment struct{ PaymentIntentID, ClientSecret string }
	}
	request := func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, stack.APIURL+"/v1/bookings", strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+stack.APIKey)
		r.Header.Set("Idempotency-Key", email)
		r.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		defer func() { require.NoError(t, response.Body.Close()) }()
		return response.StatusCode == http.StatusCreated && json.NewDecoder(response.Body).Decode(&booked) == nil
	}
	require.Eventually(t, request, patience, 200*time.Millisecond, "the booking was not accepted")
	confirm := stack.Stripe.URL() + "/v1/payment_intents/" + booked.Payment.PaymentIntentID + "/confirm"
	form := url.Values{
		"payment_method": {"pm_card_visa"}, "client_secret": {booked.Payment.ClientSecret},
		"return_url": {"https://example.com/return"},
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, confirm, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	for _, line := range stack.Environment() {
		if key, ok := strings.CutPrefix(line, "STRIPE_SECRET_KEY="); ok {
			r.SetBasicAuth(key, "")
		}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
}

func awaitConfirmation(t *testing.T, stack *devstack.Stack, email string) {
	t.Helper()
	_, err := stack.Mailbox.Await(t.Context(), func(m mailbox.Message) bool { return m.To[0] == email })
	require.NoError(t, err)
}

func TestEnvironmentFileIsReadByAShell(t *testing.T) {
	t.Parallel()
	stack, err := devstack.Up(t.Context(), devstack.Options{Dir: t.TempDir(), Fast: true, Headless: true, Progress: io.Discard})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stack.Stop()) })
	path := filepath.Join(t.TempDir(), "dev.env")
	require.NoError(t, stack.WriteEnvironment(path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	for _, line := range stack.Environment() {
		name, value, _ := strings.Cut(line, "=")
		got, err := exec.Command("/bin/sh", "-c", `. "$1"; eval "printf %s \"\$$2\""`, "sh", path, name).Output()
		require.NoError(t, err)
		require.Equal(t, value, string(got), name)
	}
}

func TestPortsFromEnvironment(t *testing.T) {
	t.Setenv("FAREBOOK_PORT_API", "8080")
	t.Setenv("FAREBOOK_PORT_TEMPORAL_UI", "8233")
	ports, err := devstack.PortsFromEnvironment()
	require.NoError(t, err)
	require.Equal(t, devstack.Ports{API: 8080, TemporalUI: 8233}, ports)
	t.Setenv("FAREBOOK_PORT_SMTP", "25a")
	t.Setenv("FAREBOOK_PORT_STRIPE", "65536")
	_, err = devstack.PortsFromEnvironment()
	require.ErrorContains(t, err, "FAREBOOK_PORT_SMTP")
	require.ErrorContains(t, err, "FAREBOOK_PORT_STRIPE")
}

// The ports of the previous run are used again, unless one is in use or another is set.
func TestPortsAreThoseOfTheRunBefore(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "new", "ports.json")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	mailbox, err := freeport.Next()
	require.NoError(t, err)
	freeport.Release(mailbox) // as after the end of the previous run
	before := fmt.Sprintf(`{"FAREBOOK_PORT_MAILBOX": %d, "FAREBOOK_PORT_STRIPE": %d, "FAREBOOK_PORT_API": 1}`, mailbox,
		taken.Addr().(*net.TCPAddr).Port)
	require.NoError(t, os.WriteFile(file, []byte(before), 0o600))

	ports, err := devstack.Ports{API: 18080}.Remembered(file)
	require.NoError(t, err)
	require.Equal(t, 18080, ports.API, "a set port takes precedence over that of the previous run")
	require.Equal(t, mailbox, ports.Mailbox)
	require.NotEqual(t, taken.Addr().(*net.TCPAddr).Port, ports.Stripe)
	seen := map[int]bool{}
	for _, port := range []int{ports.API, ports.MariaDB, ports.Temporal, ports.TemporalUI, ports.Stripe, ports.SMTP, ports.Mailbox} {
		require.NotZero(t, port)
		require.False(t, seen[port], "%+v", ports)
		seen[port] = true
	}
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(kept), fmt.Sprintf(`"FAREBOOK_PORT_STRIPE": %d`, ports.Stripe))
	require.NoError(t, os.WriteFile(file, []byte("{"), 0o600))
	_, err = ports.Remembered(file)
	require.ErrorContains(t, err, "remove it")
}

type safeBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
