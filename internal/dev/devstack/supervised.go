package devstack

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"farebook/internal/wait"
)

// Supervised is an API or a worker that is started again whenever it ends, until End. Whether it is ready is not checked: its servers may
// be away. Its methods are safe for concurrent use.
type Supervised struct {
	name string
	done chan struct{}
	end  context.CancelFunc

	mu      sync.Mutex // guards what follows
	command command
	running *process // nil before the first start
	deaths  int
}

// Supervise starts one more of the stack's programs, starter or worker, under a name that its log has as well. env is added to the
// configuration of the stack: NAME=value.
func (s *Stack) Supervise(name, program string, args, env []string) *Supervised {
	return s.SuperviseOther(name, filepath.Join(s.bin, program), args, append(s.programEnv(), env...))
}

// SuperviseOther starts a program of others, at a path and with nothing but env in its environment.
func (s *Stack) SuperviseOther(name, path string, args, env []string) *Supervised {
	ctx, end := context.WithCancel(context.Background()) // by End
	p := &Supervised{name: name, done: make(chan struct{}), end: end, command: command{
		name: name, path: path, args: args, dir: s.options.Dir, env: env,
		logPath: filepath.Join(s.options.Dir, "logs", name+".log"), onParentDeath: syscall.SIGKILL,
	}}
	go p.supervise(ctx)
	return p
}

func (p *Supervised) supervise(ctx context.Context) {
	defer close(p.done)
	for ctx.Err() == nil {
		if running, err := p.start(ctx); err == nil {
			<-running.done
			p.mu.Lock()
			p.deaths++
			p.mu.Unlock()
		}
		_ = wait.For(ctx, firstPause) // ended by End
	}
}

func (p *Supervised) start(ctx context.Context) (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err() // End has killed the process before this one
	}
	running, err := p.command.start()
	if err == nil {
		p.running = running
	}
	return running, err
}

// Name returns the name of the process in messages.
func (p *Supervised) Name() string { return p.name }

// Configure changes the environment of later starts: NAME=value.
func (p *Supervised) Configure(assignments ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	env := slices.Clone(p.command.env)
	for _, assignment := range assignments {
		name, _, _ := strings.Cut(assignment, "=")
		env = append(withoutPrefix(env, name+"="), assignment)
	}
	p.command.env = env
}

// Restart ends the process regularly, by SIGKILL after a grace period, and has it started again.
func (p *Supervised) Restart() {
	if running := p.current(); running != nil {
		_ = running.stop(programStopGrace) // it may have ended meanwhile
	}
}

// Signal sends a signal to the running process.
func (p *Supervised) Signal(signal syscall.Signal) error {
	running := p.current()
	if running == nil {
		return errors.New(p.name + " does not run yet")
	}
	return running.signal(signal)
}

func (p *Supervised) current() *process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running
}

// Deaths is how often the process has ended.
func (p *Supervised) Deaths() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deaths
}

// End kills the process; it is not started again.
func (p *Supervised) End() {
	p.end()
	if running := p.current(); running != nil { // under the lock of a start, which is the last one
		_ = running.signal(syscall.SIGKILL) // it may have ended meanwhile
	}
	<-p.done
}
