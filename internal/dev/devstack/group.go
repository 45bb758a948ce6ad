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

// commandStopGrace is the time in which an interrupted command, such as `go test`, prints its results before it is killed.
const commandStopGrace = 10 * time.Second

// RunCommand runs a command with our standard input, output and error, and returns its exit status. When ctx ends, the command and
// its descendants are interrupted. They are killed when this process ends, even by SIGKILL.
func RunCommand(ctx context.Context, env []string, name string, args ...string) (int, error) {
	group, release, err := guardedGroup()
	if err != nil {
		return 0, err
	}
	defer release() // kills what the command has left running in its group
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	// In a terminal the command is in the foreground and receives Ctrl-C; this process continues when the command has ended.
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

// inForeground reports whether standard input is a terminal and this process is in its foreground group.
func inForeground() bool {
	var foreground int32
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, os.Stdin.Fd(), syscall.TIOCGPGRP, uintptr(unsafe.Pointer(&foreground)))
	return errno == 0 && int(foreground) == syscall.Getpgrp()
}

// guardedGroup creates a process group for a command. Its leader is a shell, the guard, which kills the group when our end of its pipe
// is closed; the kernel closes it however this process ends. A parent-death signal would reach the direct child only: `go test`, and
// not the tests. The guard starts before the command, so that the command never runs unguarded; if the guard is gone, the command has
// no group to join and does not start.
func guardedGroup() (group int, release func(), err error) {
	// Signals from the terminal are for the command, and must neither end nor stop its guard.
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
		_ = guard.Wait() // it was killed with its group
	}
	if _, err := bufio.NewReader(ready).ReadString('\n'); err != nil {
		release()
		return 0, nil, fmt.Errorf("wait for the guard: %w", err)
	}
	return guard.Process.Pid, release, nil
}
