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
	name    string // in messages: "MariaDB", "worker"
	path    string
	args    []string
	env     []string // the whole environment
	dir     string
	logPath string // where standard output and error go, appended
	// onParentDeath is the signal that the kernel sends to the child when this process ends, even by SIGKILL.
	onParentDeath syscall.Signal
	// user is whose process it is; nil for that of this process.
	user *syscall.Credential
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

// start starts the child in a separate process group, so that Ctrl-C reaches this process only, which stops its children in order.
func (c command) start() (*process, error) {
	logFile, err := os.OpenFile(c.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(c.path, c.args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = c.env, c.dir, logFile, logFile
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: c.onParentDeath, Credential: c.user}
	p := &process{name: c.name, logPath: c.logPath, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel sends the signal when the thread that forked ends, so this thread has to outlive the child.
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
		_ = logFile.Close() // the child has another descriptor, and nothing is buffered here
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
		return nil // another process may have the pid now
	default:
	}
	if err := syscall.Kill(p.pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// stop sends SIGTERM, and SIGKILL after the grace period.
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

// kill sends SIGKILL, as the kernel does when memory is exhausted, and waits for the end.
func (p *process) kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.done
	return nil
}

// failure describes an unexpected end, with the last lines of the log.
func (p *process) failure() error {
	return fmt.Errorf("%s ended (%w); the end of %s:\n%s", p.name, orExit0(p.err), p.logPath, tail(p.logPath, 15))
}

func orExit0(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// tail returns the last lines of a file, from at most its last 16 KiB.
func tail(path string, lines int) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = file.Close() }() // opened for reading
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

// waitReady polls ready until it returns nil. It fails when the child or done ends, or at the limit.
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
