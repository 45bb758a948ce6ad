package storm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"time"

	"farebook/internal/exitcode"
	"farebook/internal/wait"
)

func peopleKinds() []kind {
	return []kind{
		{name: "reconciliation", weight: 2, play: func(ctx context.Context, s *System, _ Fault) error {
			_, err := s.starter(ctx, "reconcile")
			return err
		}},
		{name: "plan applied", weight: 2, play: applyPlan},
		{name: "ledger sealed", weight: 2, play: func(ctx context.Context, s *System, _ Fault) error {
			_, err := s.starter(ctx, "ledger", "seal")
			return err
		}},
		{name: "API key rotated", weight: 1, play: func(ctx context.Context, s *System, f Fault) error { return s.rotateAPIKey(ctx, f.Number) }},
	}
}

var runID = regexp.MustCompile(`recon_[0-9a-f]+`)

// applyPlan has finance read a dry run and carry out exactly what it proposes.
func applyPlan(ctx context.Context, s *System, _ Fault) error {
	report, err := s.starter(ctx, "reconcile", "--dry-run")
	plan := runID.FindString(report)
	if plan == "" {
		return errors.Join(err, errors.New("the dry run has no id"))
	}
	_, err = s.starter(ctx, "reconcile", "--apply", plan)
	return err
}

// commandTime is how long an operator waits for a command in a storm.
const commandTime = 90 * time.Second

// starter runs an operator's command on its direct connections, again while a server is away, and returns its output. What it finds is no
// error.
func (s *System) starter(ctx context.Context, args ...string) (output string, err error) {
	return s.starterWith(ctx, nil, args...)
}

// starterWith is starter with more variables: NAME=value.
func (s *System) starterWith(ctx context.Context, env []string, args ...string) (output string, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	for {
		output, err = s.starterOnce(ctx, env, args...)
		if err == nil || wait.For(ctx, time.Second) != nil {
			return output, err
		}
	}
}

func (s *System) starterOnce(ctx context.Context, env []string, args ...string) (string, error) {
	command := s.Stack.Starter(ctx, args...)
	command.Env = append(command.Env, env...)
	var out, log bytes.Buffer
	command.Stdout, command.Stderr = &out, &log
	err := command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitcode.Findings {
		return out.String(), nil
	}
	if err != nil {
		lines := bytes.Split(bytes.TrimSpace(log.Bytes()), []byte("\n"))
		err = fmt.Errorf("starter %s: %w: %s", args[0], err, lines[len(lines)-1])
	}
	return out.String(), err
}
