package devstack

import (
	"context"
	"sync"
	"time"
)

// server is a child process that can be stopped, killed and started again with the same command: a database, Temporal,
// or a program of ours. Its methods may be called from many goroutines at once.
type server struct {
	command    command
	readyLimit time.Duration
	stopGrace  time.Duration
	ready      func(context.Context) error // nil once it can be used

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

// Name is what people call this part.
func (s *server) Name() string { return s.command.name }

// LogPath is the file that holds what it printed.
func (s *server) LogPath() string { return s.command.logPath }

// Pid is the process id of the process that runs now or ran last.
func (s *server) Pid() int { return s.current().pid }

// Done is closed when the process that runs now has ended, for whatever reason.
func (s *server) Done() <-chan struct{} { return s.current().done }

// Stop shuts it down in order. One that never started is stopped already.
func (s *server) Stop() error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.current() == nil {
		return nil
	}
	return s.current().stop(s.stopGrace)
}

// Kill ends it with SIGKILL.
func (s *server) Kill() error { return s.current().kill() }

// replaced tells, once a start or stop that is under way has ended, whether another process runs in the place of one that died.
func (s *server) replaced(died *process) bool {
	s.changing.Lock()
	defer s.changing.Unlock()
	return s.current() != died
}

// Restart starts it again, with the same ports and data, stopping it first if it still runs.
func (s *server) Restart(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := s.current().stop(s.stopGrace); err != nil {
		return err
	}
	return s.startLocked(ctx)
}
