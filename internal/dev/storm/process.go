package storm

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"farebook/internal/wait"
)

const (
	// restartPause is how long a supervisor waits before it starts a process again.
	restartPause = 300 * time.Millisecond
	// stopGrace is how long a deployment waits for the regular end of a process.
	stopGrace = 20 * time.Second
)

// process is an API or a worker that is started again whenever it ends.
type process struct {
	name, path string
	args       []string
	dir        string
	log        *os.File
	done       chan struct{}

	mu      sync.Mutex
	env     []string
	point   string // NAME@MARKER of the armed failpoint
	command *exec.Cmd
	ended   chan struct{} // of command
	stopped bool
	deaths  int
}

// supervise runs the process until end.
func (p *process) supervise() {
	defer close(p.done)
	// The kernel sends the parent-death signal when the thread that forked ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		if !p.start() {
			return
		}
		_ = p.command.Wait() // killed by a fault, at a failpoint, or stopped
		p.mu.Lock()
		p.deaths++
		close(p.ended)
		stopped := p.stopped
		p.mu.Unlock()
		if stopped || wait.For(context.Background(), restartPause) != nil {
			return
		}
	}
}

// start reports whether the process runs: not after end, or when its program cannot be run.
func (p *process) start() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return false
	}
	p.command = exec.Command(p.path, p.args...)
	p.command.Env, p.command.Dir = slices.Clone(p.env), p.dir
	if p.point != "" {
		p.command.Env = append(p.command.Env, "FAREBOOK_FAILPOINT="+p.point)
	}
	p.command.Stdout, p.command.Stderr = p.log, p.log
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p.ended = make(chan struct{})
	return p.command.Start() == nil
}

// configure changes the environment of later starts: NAME=value.
func (p *process) configure(assignment string) {
	name, _, _ := strings.Cut(assignment, "=")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.env = append(slices.DeleteFunc(p.env, func(one string) bool { return strings.HasPrefix(one, name+"=") }), assignment)
}

// restart ends the process regularly, by SIGKILL after stopGrace, and has it started again with a failpoint, which may be empty.
func (p *process) restart(point string) {
	p.mu.Lock()
	p.point = point
	ended, command := p.ended, p.command
	p.mu.Unlock()
	if command == nil || command.Process == nil {
		return
	}
	_ = command.Process.Signal(syscall.SIGTERM) // it may have ended meanwhile
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		_ = command.Process.Kill() // as above
		<-ended
	}
}

// signal sends a signal to the running process.
func (p *process) signal(signal syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.command == nil || p.command.Process == nil {
		return errors.New(p.name + " does not run")
	}
	return p.command.Process.Signal(signal)
}

// died is how often the process has ended.
func (p *process) died() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deaths
}

// end kills the process; it is not started again.
func (p *process) end() {
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
	_ = p.signal(syscall.SIGKILL) // it may not run
	<-p.done
	_ = p.log.Close() // written by the process, not through it
}

// armed reports whether a failpoint is left that the process may die at.
func (p *process) armed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.point == "" {
		return false
	}
	_, marker, _ := strings.Cut(p.point, "@")
	_, err := os.Stat(marker)
	return err != nil
}
