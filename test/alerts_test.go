package test

import (
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
)

const alertsFile = "../deploy/prometheus/alerts.yml"

type alertRule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

type alertFile struct {
	Groups []struct {
		Name  string      `yaml:"name"`
		Rules []alertRule `yaml:"rules"`
	} `yaml:"groups"`
}

func readAlerts(t *testing.T) (alertFile, []alertRule) {
	t.Helper()
	text, err := os.ReadFile(alertsFile)
	require.NoError(t, err)
	var file alertFile
	require.NoError(t, yaml.Unmarshal(text, &file))
	require.Len(t, file.Groups, 1)
	require.NotEmpty(t, file.Groups[0].Rules)
	return file, file.Groups[0].Rules
}

var (
	// comparison splits an alert's expression into what it measures and the bound.
	comparison = regexp.MustCompile(`(?s)^(.*) [<>] [0-9.]+$`)
	window     = regexp.MustCompile(`\[\d+[smhd]\]`)
	ofBooks    = regexp.MustCompile(`farebook_books_\w+`)
	aggregated = regexp.MustCompile(`(max|min)( by \(\w+\))? ?\((abs\()?farebook_books_\w+`)
	shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")
)

// Each alert has its section in the runbook, and each command of the runbook exists.
func TestEachAlertHasItsSectionInTheRunbook(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/runbook.md")
	require.NoError(t, err)
	_, rules := readAlerts(t)
	for _, rule := range rules {
		require.Equal(t, "docs/runbook.md#"+strings.ToLower(rule.Alert), rule.Annotations["runbook"])
		require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
		require.Contains(t, []string{"page", "ticket"}, rule.Labels["severity"], rule.Alert)
		_, section, found := strings.Cut(string(text), "\n## "+rule.Alert+"\n")
		require.True(t, found, "%s has no section", rule.Alert)
		section, _, _ = strings.Cut(section, "\n## ")
		require.Contains(t, section, "Severity: "+rule.Labels["severity"]+".", rule.Alert)
		for _, part := range []string{"**Meaning.**", "**How bad.**", "**What to do.**"} {
			require.Contains(t, section, part, rule.Alert)
		}
		require.Regexp(t, comparison, rule.Expr, "%s: write LEFT > NUMBER", rule.Alert)
		require.Len(t, aggregated.FindAllString(rule.Expr, -1), len(ofBooks.FindAllString(rule.Expr, -1)),
			"%s: each API process has the same metrics of the books: take max", rule.Alert)
	}
	require.Len(t, regexp.MustCompile(`(?m)^## `).FindAllString(string(text), -1), len(rules), "a section without its alert")
}

// Each command of the runbook is one that the programs know, with its flags.
func TestCommandsOfTheRunbookExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/runbook.md")
	require.NoError(t, err)
	s := testkit.New(t, testkit.Options{NoWorker: true})
	seen := map[string]bool{}
	for _, block := range shellBlock.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSpace(line)
			if seen[line] {
				continue
			}
			seen[line] = true
			program, rest, _ := strings.Cut(line, " ")
			command := s.StarterCommand
			if program == "worker" {
				command = s.WorkerCommand
			}
			// --help is read after the other flags were parsed, so an unknown command or flag fails.
			output, err := command(append(words(rest), "--help")...).CombinedOutput()
			require.NoError(t, err, "%s: %s", line, output)
			path := regexp.MustCompile(`^[a-z -]+`).FindString(line)
			require.Contains(t, string(output), strings.TrimSpace(strings.Split(path, " --")[0]), "the help of %s is that of another command", line)
		}
	}
	require.NotEmpty(t, seen)
}

// words splits a command line with double quotes.
func words(line string) (all []string) {
	for _, found := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		all = append(all, found[1]+found[2])
	}
	return all
}

// promtool runs Debian's tool, which Need brings.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	require.NoError(t, devstack.Need(t.Context(), os.Stderr, "promtool", "prometheus"))
	output, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput()
	require.NoError(t, err, "%s", output)
}

// Prometheus accepts the rules and the example configuration, and each alert fires and clears on series that are made up.
func TestRulesOfAlerts(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", alertsFile)
	promtool(t, "check", "config", "../deploy/prometheus/prometheus.yml")
	promtool(t, "test", "rules", "../deploy/prometheus/alerts_test.yml")
	text, err := os.ReadFile("../deploy/prometheus/alerts_test.yml")
	require.NoError(t, err)
	_, rules := readAlerts(t)
	for _, rule := range rules {
		require.Equal(t, 2, strings.Count(string(text), "alertname: "+rule.Alert+"\n"), "%s is tested firing and cleared", rule.Alert)
	}
}

// watched is a stack whose admin addresses a real Prometheus scrapes, with the alerts' rules at short durations.
type watched struct {
	*testkit.Stack
	prometheus *devstack.Prometheus
	stopWorker func()
}

func watch(t *testing.T) *watched {
	t.Helper()
	require.NoError(t, devstack.Need(t.Context(), os.Stderr, "prometheus", "prometheus"))
	w := &watched{Stack: testkit.New(t, testkit.Options{Admin: true, NoWorker: true})}
	w.stopWorker = w.StartWorker()
	file, _ := readAlerts(t)
	for i := range file.Groups[0].Rules {
		rule := &file.Groups[0].Rules[i]
		rule.For, rule.Expr = "0s", window.ReplaceAllString(rule.Expr, "[10s]")
	}
	text, err := yaml.Marshal(file)
	require.NoError(t, err)
	rules := filepath.Join(t.TempDir(), "alerts.yml")
	require.NoError(t, os.WriteFile(rules, text, 0o600))
	w.prometheus, err = devstack.StartPrometheus(t.Context(), t.TempDir(), devstack.PrometheusOptions{
		Targets: map[string][]string{"farebook-api": {w.AdminOfAPI}, "farebook-worker": {w.AdminOfWorker}}, Rules: rules,
		Interval: time.Second,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.prometheus.Stop()) })
	return w
}

// awaitAlerts waits until all of the alerts fire, or none of them.
func (w *watched) awaitAlerts(fire bool, names ...string) {
	w.T.Helper()
	var firing map[string]bool
	w.Eventually(func() bool {
		var err error
		firing, err = w.prometheus.Firing(w.T.Context())
		if err != nil {
			return false
		}
		for _, name := range names {
			if firing[name] != fire {
				return false
			}
		}
		return true
	}, "alerts %v: want firing %v", names, fire)
}

// pay books and pays, and does not wait for the confirmation.
func (w *watched) pay(key string) testkit.Booked {
	w.T.Helper()
	booked := w.Book(key, testkit.BookingBody(nil))
	require.Equal(w.T, http.StatusOK, w.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	return booked
}

// storyTime is a window that covers the stories, however slow the machine is.
const storyTime = "10m"

// awaitData waits until an expression has a value that is a number.
func (w *watched) awaitData(expression string) {
	w.T.Helper()
	w.Eventually(func() bool {
		samples, err := w.prometheus.Query(w.T.Context(), expression)
		return err == nil && slices.ContainsFunc(samples, func(s devstack.Sample) bool { return !math.IsNaN(s.Value) })
	}, "no data: %s", expression)
}

// awaitScrape waits until Prometheus has read all metrics as they are now. A scrape that timed out has read none.
func (w *watched) awaitScrape() {
	w.T.Helper()
	now := float64(time.Now().UnixMilli()) / 1000
	w.Eventually(func() bool {
		samples, err := w.prometheus.Query(w.T.Context(), "min(timestamp(up)) and min(up) == 1")
		return err == nil && len(samples) == 1 && samples[0].Value > now
	}, "no scrape")
}

// A real Prometheus has a value for what each alert and each panel of the dashboards measures while all is well, and no alert fires. Then
// each fault fires its alerts, and its end clears them.
func TestAlertsFireOnFaultsAndClear(t *testing.T) {
	t.Parallel()
	w := watch(t)
	for _, story := range []string{"first", "second", "third"} { // a series that begins with its first event has no rate before the next
		playMetricStories(t, w.Stack, story)
		w.awaitScrape()
	}
	_, rules := readAlerts(t)
	for _, rule := range rules {
		left := window.ReplaceAllString(comparison.FindStringSubmatch(rule.Expr)[1], "["+storyTime+"]")
		w.awaitData(left)
	}
	for _, d := range readDashboards(t) {
		for _, query := range d.queries() {
			w.awaitData(query)
		}
	}
	w.Eventually(func() bool {
		firing, err := w.prometheus.Firing(t.Context())
		return err == nil && len(firing) == 0
	}, "alerts fire while all is well")
	w.loseTheWorker()
	w.holdMail()
	w.breakTheBalance()
	w.stopWebhooks()
	w.raiseAFence()
	w.letADayPass()
}

func (w *watched) loseTheWorker() {
	booked := w.Book("alerts-worker", testkit.BookingBody(nil))
	w.stopWorker()
	require.Equal(w.T, http.StatusOK, w.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	w.Stripe.Settle()
	w.Stripe.Advance(11 * time.Minute)
	w.awaitAlerts(true, "FarebookWorkerDown", "FarebookInboxStuck")
	w.stopWorker = w.StartWorker()
	w.awaitAlerts(false, "FarebookWorkerDown", "FarebookInboxStuck")
	w.AwaitStatus(booked.Reference, "confirmed")
}

func (w *watched) holdMail() {
	w.RefuseMails(451, 1000) // a temporary refusal
	booked := w.pay("alerts-mail")
	w.AwaitStatus(booked.Reference, "confirmed")
	w.Stripe.Advance(16 * time.Minute)
	w.awaitAlerts(true, "FarebookMailStuck")
	w.Mailbox.ClearScript()
	w.awaitAlerts(false, "FarebookMailStuck")
	w.RefuseMails(550, 1)
	w.AwaitStatus(w.pay("alerts-refused").Reference, "confirmed")
	w.awaitAlerts(true, "FarebookMailFailed")
	w.awaitAlerts(false, "FarebookMailFailed")
}

func (w *watched) breakTheBalance() {
	post := func(side string) {
		now := w.DB.Clock.Now().UTC().Format("2006-01-02 15:04:05.000000")
		w.DB.Exec(w.T, `INSERT INTO financial_ledger (type, operation_key, description, posted_at, effective_at, effective_basis)
			VALUES ('correction', UUID(), 'half of a transaction', ?, ?, 'person')`, now, now)
		w.DB.Exec(w.T, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
			SELECT MAX(id), 'asset:stripe_clearing', ?, 700, 'USD' FROM financial_ledger`, side)
	}
	post("debit")
	w.awaitAlerts(true, "FarebookLedgerOutOfBalance")
	reconcile(w.Stack, `{}`)
	w.awaitAlerts(true, "FarebookClearingDiffers", "FarebookFindingsOpen")
	post("credit")
	w.awaitAlerts(false, "FarebookLedgerOutOfBalance")
	reconcile(w.Stack, `{}`)
	w.awaitAlerts(false, "FarebookClearingDiffers", "FarebookFindingsOpen")
}

func (w *watched) stopWebhooks() {
	again := w.DropWebhooks()
	w.Eventually(func() bool {
		samples, err := w.prometheus.Query(w.T.Context(), `sum(increase(farebook_webhook_events_total{outcome="stored"}[10s]))`)
		return err == nil && len(samples) == 1 && samples[0].Value == 0
	}, "events still arrive")
	booked := w.pay("alerts-webhooks")
	reconcile(w.Stack, `{}`)
	w.AwaitStatus(booked.Reference, "confirmed")
	w.awaitAlerts(true, "FarebookWebhooksStopped")
	again()
	w.AwaitStatus(w.pay("alerts-webhooks-again").Reference, "confirmed")
	w.awaitAlerts(false, "FarebookWebhooksStopped")
}

func (w *watched) raiseAFence() {
	_, err := starterWith(w.Stack, "fence", "raise", "--reason", "a drill")
	require.NoError(w.T, err)
	w.awaitAlerts(true, "FarebookFenceUp")
	_, err = starterWith(w.Stack, "fence", "lower", "--note", "the drill is over")
	require.NoError(w.T, err)
	w.awaitAlerts(false, "FarebookFenceUp")
}

func (w *watched) letADayPass() {
	w.AwaitStatus(w.pay("alerts-day").Reference, "confirmed")
	w.AwaitQuiet()
	w.Stripe.Advance(27 * time.Hour)
	w.awaitAlerts(true, "FarebookReconciliationOverdue", "FarebookSealingStopped")
	reconcile(w.Stack, `{}`)
	_, sealed, err := w.DB.Store.SealLedger(w.T.Context())
	require.NoError(w.T, err)
	require.True(w.T, sealed)
	w.awaitAlerts(false, "FarebookReconciliationOverdue", "FarebookSealingStopped")
}
