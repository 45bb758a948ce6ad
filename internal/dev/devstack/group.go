package devstack

import (
	"bufio"
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
	group, release, err := guardedGroup()
	if err != nil {
		return 0, err
	}
	defer release() // ends whatever the command left running in its group
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	// In a terminal the command gets the keyboard, and with it Ctrl-C; this process continues when it has ended.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: group, Foreground: inForeground(), Ctty: int(os.Stdin.Fd())}
	cmd.Cancel = func() error { return syscall.Kill(-group, syscall.SIGINT) }
	cmd.WaitDelay = commandStopGrace
	err = cmd.Run()
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

// guardedGroup makes a process group for a command, led by a shell that kills all of it as soon as our end of its pipe
// is closed, which the kernel does for us however we end. A death signal would reach only the direct child: `go test`,
// but not the tests. The guard stands before the command starts, or there would be a moment at which our death left it
// running; a command that comes too late finds no group to join, and does not start.
func guardedGroup() (group int, release func(), err error) {
	// Signals from the terminal to the command must neither end nor stop its guard.
	guard := exec.Command("/bin/sh", "-c", "trap '' INT TERM HUP QUIT TSTP; echo ready; read -r _; kill -KILL 0")
	guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := guard.StdinPipe()
	if err != nil {
		return 0, nil, err
	}
	ready, err := guard.StdoutPipe()
	if err != nil {
		return 0, nil, err
	}
	if err := guard.Start(); err != nil {
		return 0, nil, fmt.Errorf("start the guard: %w", err)
	}
	release = func() {
		_ = pipe.Close()
		_ = guard.Wait() // killed, like all of its group
	}
	if _, err := bufio.NewReader(ready).ReadString('\n'); err != nil {
		release()
		return 0, nil, fmt.Errorf("wait for the guard: %w", err)
	}
	return guard.Process.Pid, release, nil
}
