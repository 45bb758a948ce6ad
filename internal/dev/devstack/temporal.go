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
}

// StartTemporal starts a server on a free port with its data in dir and returns when it takes workflows. A machine
// without the Temporal CLI builds it once, which takes minutes.
func StartTemporal(ctx context.Context, dir string, options ...ServerOption) (*Temporal, error) {
	o := collect(options)
	binary, err := findTemporal(ctx, o.progress)
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
	t.command = command{
		name: "Temporal", path: binary, dir: dir, logPath: filepath.Join(dir, "temporal.log"),
		env:           withoutPrefix(os.Environ(), "TEMPORAL_"), // meant for our clients, read by the CLI too
		args:          t.arguments(dir, o),
		onParentDeath: syscall.SIGKILL, // its data is a database that survives that
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
	if o.forTests {
		// As with MariaDB: what the operating system has is safe from SIGKILL, and only a power cut could lose it.
		args = append(args, "--sqlite-pragma", "synchronous=0")
		// A workflow continues as new after some hundred events, so that a test does not need thousands.
		args = append(args, "--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=200")
	}
	for _, name := range searchAttributes {
		args = append(args, "--search-attribute", name+"=Keyword")
	}
	return args
}

// Lose stops the server, deletes its database and starts it again at the same address: with a new namespace, without search
// attributes, schedules or workflows. `starter setup` makes what is made before a first start.
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
		t.command.args = t.command.args[:at] // they come last
	}
	t.ready = t.hasNamespace
	return t.startLocked(ctx)
}

// hasNamespace says whether the server answers for its namespace.
func (t *Temporal) hasNamespace(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := quietClient(t.Address())
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: client.DefaultNamespace})
	return err
}

// Address is host:port of the server's gRPC side.
func (t *Temporal) Address() string { return loopback(t.port) }

// UIURL is the address of the UI, empty when it was left out.
func (t *Temporal) UIURL() string {
	if t.uiPort == 0 {
		return ""
	}
	return "http://" + loopback(t.uiPort)
}

// takesWorkflows says whether the namespace answers and knows our search attributes: the server listens before it has
// made them, and a workflow started in between would fail.
func (t *Temporal) takesWorkflows(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := quietClient(t.Address())
	if err != nil {
		return err
	}
	defer c.Close()
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

// quietClient connects when it is first used and keeps what it thinks of unanswered calls to itself.
func quietClient(address string) (client.Client, error) {
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	return client.NewLazyClient(client.Options{HostPort: address, Logger: quiet})
}

func withoutPrefix(env []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(assignment string) bool { return strings.HasPrefix(assignment, prefix) })
}
