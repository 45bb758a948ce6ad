package devstack_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
)

// roleVariable makes this test binary act as the process that is killed.
const roleVariable = "DEVSTACK_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "command":
		// A command that starts a child, as `go test` does.
		_, err := devstack.RunCommand(context.Background(), os.Environ(), "/bin/sh", "-c", "sleep 600 & echo $!; wait")
		exitWith(err)
	case "kills-its-runner":
		_, err := devstack.RunCommand(context.Background(), os.Environ(), "/bin/sh", "-c", "sleep 600 & echo $!; kill -KILL $PPID; wait")
		exitWith(err)
	case "mariadb":
		server, err := devstack.StartMariaDB(context.Background(), os.Args[1], devstack.ForTests())
		exitWith(err)
		fmt.Println(server.Pid())
		<-server.Done()
	case "dies":
		exitWith(devstack.DieWithParent())
		fmt.Println(os.Getpid())
		select {}
	}
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// play starts this binary in a role and returns it and the process id that it printed.
func play(t *testing.T, cmd *exec.Cmd, role string) (child int) {
	t.Helper()
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	child, err = strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	return child
}

// alive reports whether a process runs; a zombie does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, found := strings.Cut(string(stat), ") ")
	return found && !strings.HasPrefix(state, "Z")
}

func killAndExpectEndOf(t *testing.T, victim *exec.Cmd, child int) {
	t.Helper()
	require.True(t, alive(child))
	require.NoError(t, victim.Process.Signal(syscall.SIGKILL))
	expectEndOf(t, victim, child)
}

func expectEndOf(t *testing.T, victim *exec.Cmd, child int) {
	t.Helper()
	require.Error(t, victim.Wait())
	require.Eventually(t, func() bool { return !alive(child) }, 30*time.Second, 20*time.Millisecond)
}

func self(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	return exec.Command(path, args...)
}

func TestNothingIsLeftWhenTheRunnerOfACommandIsKilled(t *testing.T) {
	t.Parallel()
	runner := self(t)
	killAndExpectEndOf(t, runner, play(t, runner, "command"))
}

func TestNothingIsLeftOfACommandWhoseRunnerIsKilledAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		runner := self(t)
		expectEndOf(t, runner, play(t, runner, "kills-its-runner"))
	}
}

func TestServersEndWithTheProcessThatStartedThem(t *testing.T) {
	t.Parallel()
	starter := self(t, t.TempDir())
	killAndExpectEndOf(t, starter, play(t, starter, "mariadb"))
}

func TestDieWithParent(t *testing.T) {
	t.Parallel()
	shell := exec.Command("/bin/sh", "-c", self(t).Path+" & wait") // the shell is the parent that is killed
	killAndExpectEndOf(t, shell, play(t, shell, "dies"))
}

func TestRunCommandPassesOnStatusAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	status, err := devstack.RunCommand(t.Context(), os.Environ(), "/bin/sh", "-c", "exit 7")
	require.NoError(t, err)
	require.Equal(t, 7, status)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status, err = devstack.RunCommand(ctx, os.Environ(), "/bin/sh", "-c", "sleep 600")
	require.True(t, err != nil || status != 0)
	_, err = devstack.RunCommand(t.Context(), os.Environ(), "/no/such/command")
	require.Error(t, err)
}

func TestScratchIsSweptOnceItsOwnerIsGone(t *testing.T) {
	t.Parallel()
	mine, removeMine, err := devstack.Scratch()
	require.NoError(t, err)
	other, removeOther, err := devstack.Scratch()
	require.NoError(t, err)
	require.NotEqual(t, mine, other)
	require.DirExists(t, mine, "a directory in use is not removed")
	require.NoError(t, removeMine())
	require.NoDirExists(t, mine)
	require.NoError(t, removeOther())
}
