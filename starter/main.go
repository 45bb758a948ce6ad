// Command starter is Farebook's HTTP API (starter serve) and the commands around it, which package command lists.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"farebook/starter/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command.Root().ExecuteContext(ctx)
	stop()
	if err == nil {
		return
	}
	// A broken promise has been shown already, as a table.
	if !errors.Is(err, command.ErrBroken) {
		fmt.Fprintln(os.Stderr, "starter:", err)
	}
	if interrupted := (*command.Interrupted)(nil); errors.As(err, &interrupted) {
		os.Exit(130) // what a shell says of a program that SIGINT ended
	}
	os.Exit(1)
}
