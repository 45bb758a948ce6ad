// Command starter is Farebook's HTTP API (starter serve) and the commands around it, which package command lists.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"farebook/starter/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command.Root().ExecuteContext(ctx)
	stop()
	os.Exit(command.Exit(os.Stderr, err))
}
