// Command with-stack runs a command beside a whole Farebook, whose addresses and keys it finds in its environment, as `. var/dev.env`
// sets them. The stack has free ports and a folder that is removed at the end. The exit code is the command's.
//
//	with-stack -- npm test
//	with-stack -env RATE_READS_PER_SECOND=15 -- npm test
//
// -env sets a variable of the stack's programs, and may be given several times.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"farebook/internal/dev/devstack"
)

func main() {
	var env []string
	flag.Func("env", "a variable of the stack's programs, `NAME=value`", func(assignment string) error {
		if !strings.Contains(assignment, "=") {
			return errors.New("must be NAME=value")
		}
		env = append(env, assignment)
		return nil
	})
	flag.Parse()
	status, err := run(env, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "with-stack:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

func run(env, command []string) (status int, err error) {
	if len(command) == 0 {
		return 2, errors.New("the command to run is missing: with-stack -- npm test")
	}
	if err := devstack.DieWithParent(); err != nil {
		return 1, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	dir, remove, err := devstack.Scratch()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	// A subfolder, because Scratch has locked the file "lock" of dir, and the stack locks one as well.
	stack, err := devstack.Up(ctx, devstack.Options{Dir: filepath.Join(dir, "stack"), Headless: true, Fast: true, Env: env})
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, stack.Stop()) }()
	return devstack.RunCommand(ctx, append(os.Environ(), stack.Environment()...), command[0], command[1:]...)
}
