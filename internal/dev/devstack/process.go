package devstack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// command says how to run a child process.
type command struct {
	name    string // for people: "MariaDB", "worker"
	path    string
	args    []string
	env     []string // the whole environment
	dir     string
	logPath string // where standard output and error go, appended
	// onParentDeath is what the kernel sends the child when this process dies in whatever way.
	onParentDeath syscall.Signal
}

// process is a running child.
type process struct {
	name    string
	pid     int
	logPath string
	done    chan struct{}
	err     error // why it ended; valid once done is closed
	mu      sync.Mutex
}

// start runs the child in its own process group, so that Ctrl-C reaches only this process, which stops its children in order.
func (c command) start() (*process, error) {
	logFile, err := os.OpenFile(c.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(c.path, c.args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = c.env, c.dir, logFile, logFile
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: c.onParentDeath}
	p := &process{name: c.name, logPath: c.logPath, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel ties the death signal to the thread that forked, so that thread has to outlive the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
		_ = logFile.Close() // the child has its own copy; ours held nothing back
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	return p, nil
}

func (p *process) signal(signal syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return nil // the pid may be someone else's by now
	default:
	}
	if err := syscall.Kill(p.pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// stop asks politely, and insists after the grace period.
func (p *process) stop(grace time.Duration) error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
		return errors.Join(fmt.Errorf("%s did not stop within %s and was killed", p.name, grace), p.kill())
	}
}

// kill is SIGKILL: what a crash, the kernel's memory killer or an impatient operator does.
func (p *process) kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.done
	return nil
}

// failure describes an unexpected end with the last lines that the child wrote.
func (p *process) failure() error {
	return fmt.Errorf("%s ended (%w); the end of %s:\n%s", p.name, orExit0(p.err), p.logPath, tail(p.logPath, 15))
}

func orExit0(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// tail reads at most the last lines of a file that may be large.
func tail(path string, lines int) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = file.Close() }() // only read
	const window = 16 << 10
	if info, err := file.Stat(); err == nil && info.Size() > window {
		if _, err := file.Seek(-window, io.SeekEnd); err != nil {
			return err.Error()
		}
	}
	content, err := io.ReadAll(io.LimitReader(file, window))
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// waitReady asks ready again and again until it says yes, the child dies, or the limit is reached.
func (p *process) waitReady(done <-chan struct{}, limit time.Duration, ready func() error) error {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.failure()
		case <-done:
			return errors.Join(errors.New("interrupted while "+p.name+" was starting"), p.kill())
		case <-deadline.C:
			return errors.Join(fmt.Errorf("%s was not ready within %s (%w); see %s", p.name, limit, err, p.logPath), p.kill())
		case <-again.C:
		}
	}
}
