package test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/link"
	"farebook/internal/dev/monitoring"
	"farebook/internal/dev/testkit"
	"farebook/internal/wait"
)

const (
	// alertFactor divides the durations of the alerts: an hour takes half a minute.
	alertFactor = 120
	// alertScrapes is how many scrapes the shortest window of a rate has.
	alertScrapes = 5
	// alertEvaluation is the time between two evaluations of the rules. It is independent of the scrapes, which take long on a busy machine.
	alertEvaluation = time.Second
)

// watched is a stack whose admin addresses a real Prometheus scrapes, with the alerts' rules at short durations.
type watched struct {
	*testkit.Stack
	prometheus *devstack.Prometheus
	rules      map[string]monitoring.Rule

	stopWorker func()     // of a stack inside the test
	link       *link.Link // between the worker and Temporal, of a stack of processes
	database   *devstack.MariaDB
}

// scrape starts a Prometheus that scrapes the stack at an interval, which is also how long a scrape may take: Prometheus drops one that
// takes longer.
func scrape(s *testkit.Stack, interval time.Duration) *watched {
	s.T.Helper()
	w := &watched{Stack: s, rules: map[string]monitoring.Rule{}}
	rules, err := monitoring.ReadRules(alertsFile)
	require.NoError(s.T, err)
	faster, err := rules.Faster(alertFactor, alertScrapes*interval)
	require.NoError(s.T, err)
	for _, rule := range faster.Rules {
		w.rules[rule.Alert] = rule
	}
	file := filepath.Join(s.T.TempDir(), "alerts.yml")
	require.NoError(s.T, faster.Write(file))
	require.NoError(s.T, devstack.Need(s.T.Context(), os.Stderr, "prometheus", "prometheus"))
	w.prometheus, err = devstack.StartPrometheus(s.T.Context(), s.T.TempDir(), devstack.PrometheusOptions{
		Targets: map[string][]string{"farebook-api": {s.AdminOfAPI}, "farebook-worker": {s.AdminOfWorker}}, Rules: file,
		Interval: interval, Evaluate: alertEvaluation,
	})
	require.NoError(s.T, err)
	s.T.Cleanup(func() { require.NoError(s.T, w.prometheus.Stop()) })
	return w
}

// awaitFiring waits until each of the alerts has fired.
func (w *watched) awaitFiring(names ...string) {
	w.T.Helper()
	waiting := slices.Clone(names)
	w.Eventually(func() bool {
		firing, err := w.prometheus.Firing(w.T.Context())
		waiting = slices.DeleteFunc(waiting, func(name string) bool { return err == nil && firing[name] })
		return len(waiting) == 0
	}, "alerts do not fire: %v, %s; logs:\n%s", &waiting, texter(func() string { return w.values(waiting) }), w.lastLogs())
}

// awaitClear waits until none of the alerts fires and Prometheus knows what each of them measures: a scrape that was lost clears no alert.
func (w *watched) awaitClear(names ...string) {
	w.T.Helper()
	waiting := slices.Clone(names)
	w.Eventually(func() bool {
		waiting = slices.DeleteFunc(slices.Clone(names), w.clear)
		return len(waiting) == 0
	}, "alerts do not clear: %v, %s; logs:\n%s", &waiting, texter(func() string { return w.values(waiting) }), w.lastLogs())
}

func (w *watched) clear(name string) bool {
	firing, err := w.prometheus.Firing(w.T.Context())
	if err != nil || firing[name] {
		return false
	}
	samples, err := w.prometheus.Query(w.T.Context(), w.left(name))
	return err == nil && len(samples) > 0
}

// left is what an alert measures.
func (w *watched) left(name string) string {
	left, err := w.rules[name].Left("")
	require.NoError(w.T, err)
	return left
}

// values says what alerts measure now.
func (w *watched) values(names []string) (text string) {
	for _, name := range names {
		samples, err := w.prometheus.Query(w.T.Context(), w.left(name))
		text += name + ": "
		for _, sample := range samples {
			text += strconv.FormatFloat(sample.Value, 'g', -1, 64) + " "
		}
		if err != nil {
			text += err.Error()
		}
	}
	return text
}

// lastLogs are the last lines of the logs, when they are printed: faults of some minutes write more than helps.
func (w *watched) lastLogs() texter {
	return func() string {
		lines := strings.SplitAfter(w.Logs.String(), "\n")
		return strings.Join(lines[max(0, len(lines)-200):], "")
	}
}

// texter is a part of a failure message that is computed when the message is printed.
type texter func() string

func (t texter) String() string { return t() }

// pay books and pays, and does not wait for the confirmation.
func (w *watched) pay(key string) testkit.Booked {
	w.T.Helper()
	booked := w.Book(key, testkit.BookingBody(nil))
	require.Equal(w.T, http.StatusOK, w.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	return booked
}

// clientPace is the time between two requests of a client.
const clientPace = 500 * time.Millisecond

// clients do something repeatedly until stop is called or the test ends, each with another number each time.
func (w *watched) clients(many int, do func(ctx context.Context, number string)) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.T.Context()))
	var group sync.WaitGroup
	for client := range many {
		group.Go(func() {
			n := 0
			wait.Every(ctx, clientPace, func(ctx context.Context) {
				n++
				do(ctx, strconv.Itoa(client)+"-"+strconv.Itoa(n))
			})
		})
	}
	stop = sync.OnceFunc(func() { cancel(); group.Wait() })
	w.T.Cleanup(stop)
	return stop
}

// alertFault is a fault that fires alerts. play returns what ends the fault.
type alertFault struct {
	alerts []string
	quick  bool // it takes seconds: `make test` plays it
	play   func(*watched) (end func())
}

// playAtOnce plays faults beside one another: all of their alerts fire, and clear after the ends of the faults.
func (w *watched) playAtOnce(faults ...alertFault) {
	w.T.Helper()
	var names []string
	for _, fault := range faults {
		names = append(names, fault.alerts...)
	}
	w.awaitClear(names...)
	began, ends := time.Now(), make([]func(), len(faults))
	for i, fault := range faults {
		ends[i] = fault.play(w)
	}
	w.awaitFiring(names...)
	fired := time.Now()
	for _, end := range slices.Backward(ends) {
		end()
	}
	w.awaitClear(names...)
	w.T.Logf("%v fired after %s and cleared after %s", names, fired.Sub(began).Round(time.Second), time.Since(fired).Round(time.Second))
}

// playEach plays one fault after another.
func (w *watched) playEach(faults []alertFault) {
	w.T.Helper()
	for _, fault := range faults {
		w.playAtOnce(fault)
	}
}
