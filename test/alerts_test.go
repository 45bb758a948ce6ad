package test

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/monitoring"
	"farebook/internal/dev/testkit"
)

const alertsFile = "../deploy/prometheus/alerts.yml"

func readAlerts(t *testing.T) monitoring.Rules {
	t.Helper()
	rules, err := monitoring.ReadRules(alertsFile)
	require.NoError(t, err)
	return rules
}

var (
	ofBooks    = regexp.MustCompile(`farebook_books_\w+`)
	aggregated = regexp.MustCompile(`(max|min)( by \(\w+\))? ?\((abs\()?farebook_books_\w+`)
)

// Each alert has its section in the runbook.
func TestEachAlertHasItsSectionInTheRunbook(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/runbook.md")
	require.NoError(t, err)
	rules := readAlerts(t).Rules
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
		_, do, _ := strings.Cut(section, "**What to do.**")
		require.Contains(t, do, "```sh\n", "%s: which command to run", rule.Alert)
		_, err := rule.Left("")
		require.NoError(t, err)
		require.Len(t, aggregated.FindAllString(rule.Expr, -1), len(ofBooks.FindAllString(rule.Expr, -1)),
			"%s: each API process has the same metrics of the books: take max", rule.Alert)
	}
	require.Len(t, regexp.MustCompile(`(?m)^## `).FindAllString(string(text), -1), len(rules), "a section without its alert")
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
	rules := readAlerts(t).Rules
	for _, rule := range rules {
		require.Equal(t, 2, strings.Count(string(text), "alertname: "+rule.Alert+"\n"), "%s is tested firing and cleared", rule.Alert)
	}
}

var playedAlerts = flag.String("alerts", "", `whose faults TestAlertsFireOnFaultsAndClear plays: "all", or alerts with commas; the quick ones if empty`)

// Each alert has a fault that is played, once.
func TestEachAlertHasAFault(t *testing.T) {
	t.Parallel()
	var rules, played []string
	for _, rule := range readAlerts(t).Rules {
		rules = append(rules, rule.Alert)
	}
	for _, fault := range slices.Concat(faultsInDays, faultsOfProcesses, faultsOfBuilds) {
		played = append(played, fault.alerts...)
	}
	require.ElementsMatch(t, rules, played)
}

// A real Prometheus fires each alert on its fault, and its end clears it. `make test` plays the faults that take seconds, at once, and
// `make alerts` each of them.
func TestAlertsFireOnFaultsAndClear(t *testing.T) {
	t.Parallel()
	if *playedAlerts == "" {
		w := inside(testkit.New(t, testkit.Options{Admin: true, NoWorker: true}), quickScrape)
		w.playAtOnce(slices.DeleteFunc(slices.Clone(faultsInDays), func(fault alertFault) bool { return !fault.quick })...)
		return
	}
	names := strings.Split(*playedAlerts, ",")
	chosen := func(faults []alertFault) []alertFault {
		return slices.DeleteFunc(slices.Clone(faults), func(fault alertFault) bool {
			return *playedAlerts != "all" && !slices.ContainsFunc(fault.alerts, func(alert string) bool { return slices.Contains(names, alert) })
		})
	}
	days, ofProcesses, ofBuilds := chosen(faultsInDays), chosen(faultsOfProcesses), chosen(faultsOfBuilds)
	require.NotEmpty(t, slices.Concat(days, ofProcesses, ofBuilds), "no such alert: %s", *playedAlerts)
	if len(days) > 0 {
		t.Run("days", func(t *testing.T) {
			t.Parallel()
			inside(testkit.New(t, testkit.Options{Admin: true, NoWorker: true}), daysScrape).playEach(days)
		})
	}
	if len(ofProcesses) > 0 {
		t.Run("processes", func(t *testing.T) {
			t.Parallel()
			processes(t).playEach(ofProcesses)
		})
	}
	if len(ofBuilds) > 0 {
		t.Run("builds", func(t *testing.T) {
			t.Parallel()
			builds(t).playEach(ofBuilds)
		})
	}
}
