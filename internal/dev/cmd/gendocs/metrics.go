package main

import (
	"fmt"
	"strings"

	"farebook/internal/metrics"
	"farebook/store/gauges"
)

const metricsIntro = `API and worker serve metrics for Prometheus at ` + "`/metrics`" + ` of ` + "`ADMIN_ADDR`" + ` ([configuration.md](configuration.md)), never on the
public address. The rules of the alerts are in ` + "`deploy/prometheus/alerts.yml`" + `, and [runbook.md](runbook.md) says what to do about each;
the dashboards are in ` + "`deploy/grafana/`" + `.

- Units are in the names. Money is in minor units of its currency, as in the ledger.
- Every label has a closed set of values. What is outside becomes ` + "`other`" + `. No label holds a reference, an id, an address or a secret.
- Counters and histograms count in the process in which something happens, after its commit: add them up over all processes, and take
  rates. They begin at 0 with each process; the ledger is the record, and these are not.
- An API whose process has a worker (` + "`API_WORKER`" + `, the default) exposes the metrics of the worker as well. Its job tells its worker
  from the others; a panel that adds up over all jobs has the work of both.
- Metrics that begin with ` + "`farebook_books_`" + ` are read from the database by each API process, which exposes the same values as every other: take
  ` + "`max`" + `, never ` + "`sum`" + `. The worker does not expose them, because an alert must not vanish with the last worker. A reading is made when a
  scrape asks and the last one is older than five seconds, one at a time, within four seconds. It reads by indexes, and at most %s rows
  of a state, so it costs the same at any size of the tables. It never calls Stripe: differences from Stripe are those of the last good
  reconciliation.
- ` + "`farebook_builds_without_worker`" + ` is asked of Temporal by each API process in the same way; take ` + "`max`" + `.

| metric | type | of | labels | meaning |
|---|---|---|---|---|
`

const metricsRest = `
## Other metrics

| prefix | of | source |
|---|---|---|
| ` + "`go_`, `process_`, `promhttp_`" + ` | both | Prometheus' client: the Go runtime, the process, the scrapes |
| ` + "`temporal_`" + ` | both | Temporal's SDK ([its reference](https://docs.temporal.io/references/sdk-metrics)): requests, polls, task slots, and how long tasks waited and ran |
`

func metricsPage() string {
	var out strings.Builder
	out.WriteString("# Metrics\n\n" + generated)
	fmt.Fprintf(&out, metricsIntro, gauges.CapText)
	for _, d := range metrics.Definitions() {
		processes := "both"
		if len(d.Processes) == 1 {
			processes = string(d.Processes[0])
		}
		var labels []string
		for _, label := range d.Labels {
			labels = append(labels, fmt.Sprintf("`%s`: %s", label.Name, label.Describe()))
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s |\n", d.Name, d.Kind, processes, strings.Join(labels, "; "), d.Help)
	}
	out.WriteString(metricsRest)
	return out.String()
}
