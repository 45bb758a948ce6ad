package devstack

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"farebook/access"
	"farebook/internal/config"
)

const (
	programReadyLimit = 60 * time.Second
	programStopGrace  = 20 * time.Second // for running requests and activities to end
)

// Program is the API or the worker as a child process.
type Program struct{ *server }

// build compiles starter and worker into var/bin.
func (s *Stack) build(ctx context.Context) error {
	root, err := Root()
	if err != nil {
		return err
	}
	unlock, err := lock(filepath.Join(s.bin, "build.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	cmd := exec.CommandContext(ctx, "go", "build", "-o", s.bin+string(filepath.Separator), "./starter", "./worker")
	cmd.Dir = root
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build our programs: %w\n%s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

// prepare creates the schema and its user, Temporal's settings, and the client "development" with a key that has all scopes.
func (s *Stack) prepare(ctx context.Context) (err error) {
	if _, err := s.starter(ctx, []string{"DATABASE_ADMIN_DSN=" + s.MariaDB.AdminDSN()}, "migrate"); err != nil {
		return err
	}
	if _, err := s.starter(ctx, nil, "setup"); err != nil {
		return err
	}
	if _, err := s.starter(ctx, nil, "client", "create", "development"); err != nil {
		return err
	}
	s.APIKey, err = s.starter(ctx, nil, "api-key", "create", "--client", "development", "--scope", access.All().String())
	return err
}

// starter runs a command and returns its standard output.
func (s *Stack) starter(ctx context.Context, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "starter"), args...)
	cmd.Env = append(s.programEnv(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var logged strings.Builder
	cmd.Stderr = &logged
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("starter %s: %w\n%s", args[0], err, strings.TrimSpace(logged.String()))
	}
	return strings.TrimSpace(string(output)), nil
}

// Starter returns an operator's command with the configuration of the stack, to be run by the caller.
func (s *Stack) Starter(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "starter"), args...)
	cmd.Env = s.programEnv()
	return cmd
}

func (s *Stack) startPrograms(ctx context.Context) error {
	s.Worker = s.program("worker", s.workerPolls)
	s.API = s.program("starter", s.apiReady, "serve")
	var group errgroup.Group
	for _, program := range []*Program{s.Worker, s.API} {
		group.Go(func() error { return program.start(ctx) })
	}
	return group.Wait()
}

func (s *Stack) program(name string, ready func(context.Context) error, args ...string) *Program {
	title := map[string]string{"worker": "worker", "starter": "API"}[name]
	return &Program{&server{
		command: command{
			name: title, path: filepath.Join(s.bin, name), args: args, dir: s.options.Dir,
			env:           append(s.programEnv(), "ADMIN_ADDR="+s.admin[name]),
			logPath:       filepath.Join(s.options.Dir, "logs", strings.ToLower(title)+".log"),
			onParentDeath: syscall.SIGKILL, // they are built to survive it
		},
		readyLimit: programReadyLimit, stopGrace: programStopGrace, ready: ready,
	}}
}

func (s *Stack) apiReady(ctx context.Context) error { return APIReady(ctx, s.APIURL) }

// APIReady returns nil when the API at an address, without a trailing slash, takes bookings.
func APIReady(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return err
	}
	prober := http.Client{Timeout: 5 * time.Second}
	response, err := prober.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // only the status is read
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET /readyz: %s", response.Status)
	}
	return nil
}

// workerPolls checks that a worker polls the task queue.
func (s *Stack) workerPolls(ctx context.Context) error {
	return askTemporal(ctx, s.Temporal.Address(), func(ctx context.Context, c client.Client) error {
		queue, err := c.DescribeTaskQueue(ctx, taskQueue(s.options.Env), enums.TASK_QUEUE_TYPE_WORKFLOW)
		if err != nil {
			return err
		}
		if len(queue.GetPollers()) == 0 {
			return fmt.Errorf("no worker polls the task queue yet")
		}
		return nil
	})
}

func taskQueue(env []string) string {
	const name = "FAREBOOK_TASK_QUEUE="
	for _, assignment := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(assignment, name); ok {
			return value
		}
	}
	return "bookings"
}

// passedOn are the variables of our configuration that a developer may set for the stack. All others are set here, so that a live
// key in the developer's shell never reaches it. A test has each variable in this list or in that of the others, with its reason.
var passedOn = []string{
	"BOOKS_TIME_ZONE", "CONSOLE_CORRECTION_LIMITS", "CONSOLE_REFUND_LIMITS", "FAREBOOK_FAILPOINT", "FAREBOOK_HOLD_MINUTE",
	"HOLD_BEFORE_DEPARTURE", "JOURNAL_APPROVAL_ABOVE", "LOG_LEVEL", "MAILS_PER_ADDRESS_HOUR", "OTHER_INTEGRATIONS", "RECOGNISE_AT",
	"RECONCILE_LAG", "RECONCILE_TOLERANCE", "REFUND_POLICY", "RETENTION", "REVENUE_MODEL", "SLOW_METHODS_BEFORE_DEPARTURE",
	"SLOW_METHODS_MIN_HOLD", "STRIPE_LIST_LAG", "SWEEP_INTERVAL",
}

func (s *Stack) programEnv() []string {
	env := os.Environ()
	for _, variable := range config.Variables() {
		if !slices.Contains(passedOn, variable.Name) {
			env = withoutPrefix(env, variable.Name+"=")
		}
	}
	env = append(env, "APP_ENV=development", "HTTP_ADDR="+loopback(s.apiPort),
		// The demonstration and scripts send the requests of many clients with one key.
		"RATE_READS_PER_SECOND=1000", "RATE_WRITES_PER_SECOND=1000")
	for _, v := range s.shared() {
		env = append(env, v.name+"="+v.value)
	}
	return append(env, s.options.Env...)
}
