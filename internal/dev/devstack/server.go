package devstack

import (
	"context"
	"sync"
	"time"
)

// server is a child process that can be stopped, killed and started again with the same command: a database, Temporal,
// the API or the worker. Its methods are safe for concurrent use.
type server struct {
	command    command
	readyLimit time.Duration
	stopGrace  time.Duration
	ready      func(context.Context) error // returns nil when the server can be used

	changing sync.Mutex // held while it is being started or stopped
	mu       sync.Mutex // guards running
	running  *process
}

func (s *server) start(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	return s.startLocked(ctx)
}

func (s *server) startLocked(ctx context.Context) error {
	started, err := s.command.start()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.running = started
	s.mu.Unlock()
	return started.waitReady(ctx.Done(), s.readyLimit, func() error { return s.ready(ctx) })
}

// current is the process that runs now or ran last.
func (s *server) current() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

// Name returns the name of the part in messages.
func (s *server) Name() string { return s.command.name }

// LogPath returns the file that contains its output.
func (s *server) LogPath() string { return s.command.logPath }

// Pid returns the id of the process that runs now or ran last.
func (s *server) Pid() int { return s.current().pid }

// Done is closed when the process that runs now has ended, for whatever reason.
func (s *server) Done() <-chan struct{} { return s.current().done }

// Stop stops the process regularly. It does nothing if the process was never started.
func (s *server) Stop() error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.current() == nil {
		return nil
	}
	return s.current().stop(s.stopGrace)
}

// Kill ends the process with SIGKILL.
func (s *server) Kill() error { return s.current().kill() }

// replaced waits for a start or stop in progress, and reports whether another process has replaced the one that died.
func (s *server) replaced(died *process) bool {
	s.changing.Lock()
	defer s.changing.Unlock()
	return s.current() != died
}

// Restart stops the process if it runs, and starts it again with the same ports and data.
func (s *server) Restart(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := s.current().stop(s.stopGrace); err != nil {
		return err
	}
	return s.startLocked(ctx)
}
