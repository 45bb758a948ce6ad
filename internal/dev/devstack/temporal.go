package devstack

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

const (
	temporalReadyLimit = 60 * time.Second
	temporalStopGrace  = 10 * time.Second
)

// searchAttributes are registered at start, so that tests need no setup command; `starter setup` registers the same.
var searchAttributes = []string{"BookingReference", "BookingStatus", "PaymentIntentId"}

// Temporal is a private development server.
type Temporal struct {
	*server
	port   int
	uiPort int // 0 without a UI
	// metricsPort is 0 without WithMetrics.
	metricsPort int
}

// StartTemporal starts a server on a free port with its data in dir and returns when it accepts workflows. It builds the Temporal CLI
// if the machine does not have it, which takes minutes.
func StartTemporal(ctx context.Context, dir string, options ...ServerOption) (*Temporal, error) {
	o := collect(options)
	binary, err := TemporalCLI(ctx, o.progress)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	t := &Temporal{server: &server{readyLimit: temporalReadyLimit, stopGrace: temporalStopGrace}}
	t.ready = t.takesWorkflows
	if t.port, err = orFree(o.port); err != nil {
		return nil, err
	}
	if !o.headless {
		if t.uiPort, err = orFree(o.uiPort); err != nil {
			return nil, err
		}
	}
	if o.metrics {
		if t.metricsPort, err = orFree(0); err != nil {
			return nil, err
		}
	}
	t.command = command{
		name: "Temporal", path: binary, dir: dir, logPath: filepath.Join(dir, "temporal.log"),
		env:           withoutPrefix(os.Environ(), "TEMPORAL_"), // they are for our clients, and the CLI would read them too
		args:          t.arguments(dir, o),
		onParentDeath: syscall.SIGKILL, // its database survives it
	}
	if err := t.start(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Temporal) arguments(dir string, o serverOptions) []string {
	args := []string{
		"server", "start-dev", "--ip", "127.0.0.1", "--port", strconv.Itoa(t.port),
		"--db-filename", filepath.Join(dir, "temporal.db"),
		// The development server polls its own queues 20 times a second, which adds about 50 ms to every hop.
		"--dynamic-config-value", "history.transferProcessorMaxPollRPS=100",
		"--dynamic-config-value", "history.timerProcessorMaxPollRPS=100",
		"--dynamic-config-value", "frontend.namespaceRPS=100000",
	}
	if t.uiPort == 0 {
		args = append(args, "--headless")
	} else {
		args = append(args, "--ui-port", strconv.Itoa(t.uiPort))
	}
	if t.metricsPort != 0 {
		args = append(args, "--metrics-port", strconv.Itoa(t.metricsPort))
	}
	if o.forTests {
		// As for MariaDB: a commit reaches the operating system, so that it survives SIGKILL of the server.
		args = append(args, "--sqlite-pragma", "synchronous=0")
		// A workflow continues as new after some hundred events, so that a test does not need thousands.
		args = append(args, "--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=200")
		// A build of the worker is known to be drained after a second instead of minutes.
		args = append(args, "--dynamic-config-value", `matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"`)
		args = append(args, "--dynamic-config-value", `matching.wv.VersionDrainageStatusRefreshInterval="1s"`)
	}
	for _, name := range searchAttributes {
		args = append(args, "--search-attribute", name+"=Keyword")
	}
	return args
}

// Lose stops the server, deletes its database and starts it again at the same address: with a new namespace, without search
// attributes, schedules or workflows. `starter setup` creates them as before a first start.
func (t *Temporal) Lose(ctx context.Context) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	if err := t.current().stop(t.stopGrace); err != nil {
		return err
	}
	databases, err := filepath.Glob(filepath.Join(t.command.dir, "temporal.db*"))
	if err != nil {
		return err
	}
	if len(databases) == 0 {
		return fmt.Errorf("no database of Temporal in %s", t.command.dir)
	}
	for _, database := range databases {
		if err := os.Remove(database); err != nil {
			return err
		}
	}
	if at := slices.Index(t.command.args, "--search-attribute"); at > 0 {
		t.command.args = t.command.args[:at] // they are the last arguments
	}
	t.ready = t.hasNamespace
	return t.startLocked(ctx)
}

// hasNamespace checks that the namespace exists.
func (t *Temporal) hasNamespace(ctx context.Context) error {
	return askTemporal(ctx, t.Address(), func(ctx context.Context, c client.Client) error {
		_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: client.DefaultNamespace})
		return err
	})
}

// askTemporal lets question ask a server through a new client, for five seconds at most.
func askTemporal(ctx context.Context, address string, question func(context.Context, client.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := quietClient(address)
	if err != nil {
		return err
	}
	defer c.Close()
	return question(ctx, c)
}

// Address returns host:port of the gRPC API.
func (t *Temporal) Address() string { return loopback(t.port) }

// MetricsURL returns the address of the server's metrics in Prometheus's text format; empty without WithMetrics.
func (t *Temporal) MetricsURL() string {
	if t.metricsPort == 0 {
		return ""
	}
	return "http://" + loopback(t.metricsPort) + "/metrics"
}

// UIURL returns the address of the UI; empty without a UI.
func (t *Temporal) UIURL() string {
	if t.uiPort == 0 {
		return ""
	}
	return "http://" + loopback(t.uiPort)
}

// takesWorkflows checks that the namespace has our search attributes: the server listens before it has created them, and a workflow
// that starts in between would fail.
func (t *Temporal) takesWorkflows(ctx context.Context) error {
	return askTemporal(ctx, t.Address(), hasSearchAttributes)
}

func hasSearchAttributes(ctx context.Context, c client.Client) error {
	known, err := c.OperatorService().ListSearchAttributes(ctx,
		&operatorservice.ListSearchAttributesRequest{Namespace: client.DefaultNamespace})
	if err != nil {
		return err
	}
	for _, name := range searchAttributes {
		if _, ok := known.GetCustomAttributes()[name]; !ok {
			return fmt.Errorf("search attribute %s is not registered yet", name)
		}
	}
	return nil
}

// quietClient returns a client that connects at its first use and logs nothing.
func quietClient(address string) (client.Client, error) {
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	return client.NewLazyClient(client.Options{HostPort: address, Logger: quiet})
}

func withoutPrefix(env []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(assignment string) bool { return strings.HasPrefix(assignment, prefix) })
}
