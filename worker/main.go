// Command worker runs Farebook's workflows and activities. It takes no arguments; its configuration is the environment
// (see the README's table).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"farebook/internal/config"
	"farebook/internal/logging"
	"farebook/worker/service"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func run() error {
	cfg, warnings, err := config.Load()
	if err != nil {
		return err
	}
	log := logging.New(os.Stdout, "worker", cfg.LogLevel)
	for _, warning := range warnings {
		log.Warn(warning)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := service.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	log.Info("worker started", "taskQueue", cfg.TaskQueue)
	return s.Run(ctx)
}
