package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"
)

// binaries builds worker and starter once for all tests of a package.
var binaries = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "farebook-bin-")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", dir, "farebook/worker", "farebook/starter")
	build.Stderr = os.Stderr
	return dir, build.Run()
})

// RemoveBinaries tidies up; called from TestMain.
func RemoveBinaries() {
	if dir, err := binaries(); err == nil {
		_ = os.RemoveAll(dir) // a folder of the system's temporary ones
	}
}

// Process is a part of Farebook in a process of its own that is started again whenever it dies.
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
	if !options.NoWorker {
		s.StartProcess("worker", options.WorkerFailpoint)
	}
	s.StartProcess("starter", options.APIFailpoint, "serve")
	ready := s.API.Ready
	if options.NoWorker {
		ready = s.API.ReadyForWebhooks
	}
	s.Eventually(ready, "the API did not become ready; it logged:\n%s", s.Logs)
}

// StartProcess runs one binary with the stack's configuration until the test ends.
func (s *Stack) StartProcess(name, failpoint string, args ...string) *Process {
	dir, err := binaries()
	require.NoError(s.T, err)
	p := &Process{stack: s, name: filepath.Join(dir, name), args: args, env: s.processEnv(), done: make(chan struct{})}
	if failpoint != "" {
		p.env = append(p.env, "FAREBOOK_FAILPOINT="+failpoint+"@"+filepath.Join(s.T.TempDir(), "died-at-"+failpoint))
	}
	s.run(p)
	return p
}

// run keeps a process going until the test ends.
func (s *Stack) run(p *Process) {
	s.processes = append(s.processes, p)
	go p.supervise()
	s.T.Cleanup(p.stop)
}

// StarterCommand is one command of the operator's in a process of its own, with the stack's configuration.
func (s *Stack) StarterCommand(args ...string) *exec.Cmd {
	s.T.Helper()
	return s.command("starter", args...)
}

// WorkerCommand is the worker's program, with the stack's configuration.
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
		_ = command.Wait() // killed by the test, by its failpoint or by stop
		p.mu.Lock()
		p.deaths++
		p.mu.Unlock()
	}
}

// Deaths counts how often any part has died so far.
func (s *Stack) Deaths() int {
	deaths := 0
	for _, p := range s.processes {
		deaths += p.Deaths()
	}
	return deaths
}

// Deaths counts how often the process has ended so far.
func (p *Process) Deaths() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deaths
}

// Signal sends a signal to the process that runs now.
func (p *Process) Signal(signal syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.command != nil && p.command.Process != nil {
		_ = p.command.Process.Signal(signal) // it may have ended by itself
	}
}

// killTime is how long a kill waits for its moment: what a step sets in motion is over by then.
const killTime = 500 * time.Millisecond

// KillWithin ends a part with SIGKILL once so many more lines of log have been written by any: a moment in the middle of
// something, without a clock. It is started again. The returned channel is closed when the kill is done, at the latest after
// half a second.
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
			if filepath.Base(p.name) == name {
				p.Signal(syscall.SIGKILL)
			}
		}
	}()
	return done
}

// RequireDeaths requires that a part has died this often: a failpoint that was never met proves nothing. What a part did last
// may be seen before its death is.
func (s *Stack) RequireDeaths(name string, deaths int) {
	s.T.Helper()
	for _, p := range s.processes {
		if filepath.Base(p.name) == name {
			s.Eventually(func() bool { return p.Deaths() >= deaths }, "%s does not die; logs:\n%s", name, s.Logs)
			require.Equal(s.T, deaths, p.Deaths(), "deaths of %s; logs:\n%s", name, s.Logs)
		}
	}
}

func (p *Process) stop() {
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// StopProcesses ends all parts, as an operator does before a restore; StartProcesses starts worker and API again.
func (s *Stack) StopProcesses() {
	for _, p := range s.processes {
		p.stop()
	}
	s.processes = nil
}

// StartProcesses returns once the API takes webhooks: no booking can be taken while a fence is up.
func (s *Stack) StartProcesses() {
	s.T.Helper()
	s.StartProcess("worker", "")
	s.StartProcess("starter", "", "serve")
	s.Eventually(s.API.ReadyForWebhooks, "the API did not start; it logged:\n%s", s.Logs)
}
