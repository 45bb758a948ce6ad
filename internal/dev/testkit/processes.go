package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// binaries builds worker and starter, once for all tests of a package.
var binaries = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "farebook-bin-")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", dir, "farebook/worker", "farebook/starter")
	build.Stderr = os.Stderr
	return dir, build.Run()
})

// RemoveBinaries removes what binaries built. TestMain calls it.
func RemoveBinaries() {
	if dir, err := binaries(); err == nil {
		_ = os.RemoveAll(dir) // the system clears its temporary folder if this fails
	}
}

// Process is a worker or an API that is started again whenever it dies.
type Process struct {
	stack *Stack
	name  string
	args  []string
	env   []string

	mu      sync.Mutex
	command *exec.Cmd
	stopped bool
	deaths  int
	done    chan struct{}
}

func (s *Stack) startProcesses(options Options) {
	if !options.NoWorker && options.Steps != InAPI {
		s.StartProcess("worker", options.WorkerFailpoint)
	}
	s.StartProcess("starter", options.APIFailpoint, "serve")
	ready := s.API.Ready
	if options.NoWorker {
		ready = s.API.ReadyForWebhooks
	}
	s.Eventually(ready, "the API did not become ready; it logged:\n%s", s.Logs)
}

// StartProcess runs a binary with the stack's configuration until the test ends. failpoint may be empty.
func (s *Stack) StartProcess(name, failpoint string, args ...string) *Process {
	p := s.newProcess(name, args...)
	if failpoint != "" {
		p.env = append(p.env, s.dyingAt(failpoint))
	}
	s.run(p)
	return p
}

// StartOther runs a program that is not of this build until the test ends. env is its whole environment.
func (s *Stack) StartOther(program string, env []string, args ...string) *Process {
	s.T.Helper()
	path, err := exec.LookPath(program)
	require.NoError(s.T, err)
	p := &Process{stack: s, name: path, args: args, env: env, done: make(chan struct{})}
	s.run(p)
	return p
}

func (s *Stack) newProcess(name string, args ...string) *Process {
	dir, err := binaries()
	require.NoError(s.T, err)
	env := append(s.processEnv(), s.adminEnv(name)...)
	return &Process{stack: s, name: filepath.Join(dir, name), args: args, env: env, done: make(chan struct{})}
}

// run supervises a process until the test ends.
func (s *Stack) run(p *Process) {
	s.processes = append(s.processes, p)
	go p.supervise()
	s.T.Cleanup(p.End)
}

// MigrateCommand returns `starter migrate` with the stack's configuration and the DSN of its database's administrator, not started yet.
func (s *Stack) MigrateCommand() *exec.Cmd {
	s.T.Helper()
	command := s.StarterCommand("migrate")
	command.Env = append(command.Env, "DATABASE_ADMIN_DSN="+s.DB.AdminDSN)
	return command
}

// Migrate runs `starter migrate` and requires that it succeeds.
func (s *Stack) Migrate() {
	s.T.Helper()
	output, err := s.MigrateCommand().CombinedOutput()
	require.NoError(s.T, err, "%s", output)
}

// StarterCommand returns an operator's command with the stack's configuration, not started yet.
func (s *Stack) StarterCommand(args ...string) *exec.Cmd {
	s.T.Helper()
	return s.command("starter", args...)
}

// dyingAt is the variable by which a process dies at a failpoint, once.
func (s *Stack) dyingAt(point string) string {
	return "FAREBOOK_FAILPOINT=" + point + "@" + filepath.Join(s.T.TempDir(), "died-at-"+point)
}

// KilledAt runs a command, and requires that it dies at a failpoint.
func (s *Stack) KilledAt(point string, command *exec.Cmd) {
	s.T.Helper()
	command.Env = append(command.Env, s.dyingAt(point))
	output, err := command.CombinedOutput()
	require.EqualError(s.T, err, "signal: killed", "at %s: %s", point, output)
}

// WorkerCommand returns the worker program with the stack's configuration, not started yet.
func (s *Stack) WorkerCommand(args ...string) *exec.Cmd {
	s.T.Helper()
	return s.command("worker", args...)
}

func (s *Stack) command(program string, args ...string) *exec.Cmd {
	s.T.Helper()
	dir, err := binaries()
	require.NoError(s.T, err)
	command := exec.CommandContext(s.T.Context(), filepath.Join(dir, program), args...)
	command.Env, command.Dir = s.processEnv(), s.Folder
	return command
}

func (s *Stack) processEnv() []string {
	return append(append(os.Environ(), s.env...), "TMPDIR="+s.Folder)
}

func (p *Process) supervise() {
	defer close(p.done)
	for {
		p.mu.Lock()
		if p.stopped {
			p.mu.Unlock()
			return
		}
		p.command = exec.Command(p.name, p.args...)
		p.command.Env, p.command.Dir = p.env, p.stack.Folder
		p.command.Stdout, p.command.Stderr = p.stack.Logs, p.stack.Logs
		p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		err := p.command.Start()
		command := p.command
		p.mu.Unlock()
		if err != nil {
			return // the readiness check of the stack reports it
		}
		_ = command.Wait() // killed by the test, by its failpoint or by End
		p.mu.Lock()
		p.deaths++
		p.mu.Unlock()
	}
}

// Deaths returns how often processes of the stack have ended so far.
func (s *Stack) Deaths() int {
	deaths := 0
	for _, p := range s.processes {
		deaths += p.Deaths()
	}
	return deaths
}

// Deaths returns how often the process has ended so far.
func (p *Process) Deaths() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deaths
}

// Signal sends a signal to the running process, if there is one.
func (p *Process) Signal(signal syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.command != nil && p.command.Process != nil {
		_ = p.command.Process.Signal(signal) // the process may have ended meanwhile
	}
}

// killTime is how long KillWithin waits for log lines: no step writes any later.
const killTime = 500 * time.Millisecond

// KillWithin kills a process with SIGKILL after the stack has logged that many more lines, or after killTime: counted by lines, the
// kill falls into the middle of some work. The process is started again. The returned channel is closed when it has been killed.
func (s *Stack) KillWithin(name string, lines int) <-chan struct{} {
	done, until := make(chan struct{}), s.Logs.Lines()+lines
	go func() {
		defer close(done)
		moment := time.NewTicker(time.Millisecond)
		defer moment.Stop()
		for end := time.Now().Add(killTime); s.Logs.Lines() < until && time.Now().Before(end); {
			<-moment.C
		}
		for _, p := range s.processes {
			if p.Program() == name {
				p.Signal(syscall.SIGKILL)
			}
		}
	}()
	return done
}

// RequireDeaths requires that a process has died exactly this often: a failpoint that was never reached proves nothing. It waits,
// because the last effect of a process can be visible before its death.
func (s *Stack) RequireDeaths(name string, deaths int) {
	s.T.Helper()
	for _, p := range s.processes {
		if p.Program() == name {
			s.Eventually(func() bool { return p.Deaths() >= deaths }, "%s does not die; logs:\n%s", name, s.Logs)
			require.Equal(s.T, deaths, p.Deaths(), "deaths of %s; logs:\n%s", name, s.Logs)
		}
	}
}

// Program is the name of the process's binary: "worker" or "starter".
func (p *Process) Program() string { return filepath.Base(p.name) }

// Pid returns the id of the running process; 0 before its first start.
func (p *Process) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.command == nil || p.command.Process == nil {
		return 0
	}
	return p.command.Process.Pid
}

// End kills the process with SIGKILL; it is not started again.
func (p *Process) End() {
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// StopProcesses stops worker and API, as an operator does before a restore. StartProcesses starts them again.
func (s *Stack) StopProcesses() {
	for _, p := range s.processes {
		p.End()
	}
	s.processes = nil
}

// StartProcesses starts worker and API, and returns when the API takes webhooks: while a fence is up, it takes no bookings.
func (s *Stack) StartProcesses() {
	s.T.Helper()
	s.StartProcess("worker", "")
	s.StartProcess("starter", "", "serve")
	s.Eventually(s.API.ReadyForWebhooks, "the API did not start; it logged:\n%s", s.Logs)
}

// Freeze stops a process, such as a server's, until resume is called or the test ends: it keeps its connections and answers nothing.
func Freeze(t testing.TB, pid int) (resume func()) {
	t.Helper()
	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	resume = sync.OnceFunc(func() { require.NoError(t, syscall.Kill(pid, syscall.SIGCONT)) })
	t.Cleanup(resume) // before the schema is dropped
	return resume
}
