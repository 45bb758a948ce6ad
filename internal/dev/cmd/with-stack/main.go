// Command with-stack runs a command beside a whole Farebook, whose addresses and keys it finds in its environment, as `. var/dev.env`
// sets them. The stack has free ports and a folder that is removed at the end. The exit code is the command's.
//
//	with-stack -- npm test
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"farebook/internal/dev/devstack"
)

// fewReads lets the tests of a client meet the limit of reads with some dozens of requests.
const fewReads = "RATE_READS_PER_SECOND=15"

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "with-stack: name a command: with-stack -- npm test")
		os.Exit(2)
	}
	err := run(args)
	var failed *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &failed):
		os.Exit(max(failed.ExitCode(), 1))
	default:
		fmt.Fprintln(os.Stderr, "with-stack:", err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	if err := devstack.DieWithParent(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	dir, err := os.MkdirTemp("", "farebook-stack-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	stack, err := devstack.Up(ctx, devstack.Options{Dir: dir, Headless: true, Fast: true, Env: []string{fewReads}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Stop()) }()
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Env = append(os.Environ(), stack.Environment()...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	return command.Run()
}
