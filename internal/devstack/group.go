package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"
)

// commandStopGrace lets `go test` print what it has before it is killed.
const commandStopGrace = 10 * time.Second

// RunCommand runs a command with its output on ours, and returns its exit status. When ctx ends, the command and all
// that it started are stopped; they are killed when this process dies, in whatever way.
func RunCommand(ctx context.Context, env []string, name string, args ...string) (int, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	// In a terminal the command gets the keyboard, and with it Ctrl-C; we go on when it has ended.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Foreground: inForeground(), Ctty: int(os.Stdin.Fd())}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = commandStopGrace
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	group := -cmd.Process.Pid
	guard, err := guardGroup(group)
	if err != nil {
		return 0, errors.Join(err, syscall.Kill(group, syscall.SIGKILL), cmd.Wait())
	}
	err = cmd.Wait()
	guard() // whatever the command left running in its group
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status := exit.ExitCode(); status >= 0 {
			return status, nil
		}
		return 1, nil // killed by a signal
	}
	return 0, err
}

// inForeground tells whether our standard input is the terminal that we may read from.
func inForeground() bool {
	var foreground int32
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, os.Stdin.Fd(), syscall.TIOCGPGRP, uintptr(unsafe.Pointer(&foreground)))
	return errno == 0 && int(foreground) == syscall.Getpgrp()
}

// guardGroup starts a shell that kills a process group as soon as our end of its pipe is closed, which the kernel does
// for us however we end. A death signal would reach only the direct child: `go test`, but not the tests.
func guardGroup(group int) (release func(), err error) {
	guard := exec.Command("/bin/sh", "-c", fmt.Sprintf("trap '' INT TERM HUP; read -r _; kill -KILL %d 2>/dev/null", group))
	guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // or Ctrl-C would end it before us
	pipe, err := guard.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := guard.Start(); err != nil {
		return nil, fmt.Errorf("start the guard: %w", err)
	}
	return func() {
		_ = pipe.Close()
		_ = guard.Wait() // it says 1 when the group was empty already, which is the ordinary case
	}, nil
}
