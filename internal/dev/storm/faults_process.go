package storm

import (
	"context"
	"strings"
	"syscall"
	"time"

	"farebook/internal/wait"
)

// The processes of a storm.
var programs = []string{"api-1", "api-2", "worker-1", "worker-2"}

func processKinds() []kind {
	return []kind{
		{name: "process killed", weight: 8, targets: programs, play: killProcess},
		{name: "process frozen", weight: 6, targets: programs, longest: 12 * time.Second, play: freezeProcess},
		{name: "process deployed anew", weight: 3, targets: programs, play: deployProcess},
		{
			name: "client killed", weight: 2, without: func(s *System) string { return s.typeScript.node.Why },
			play: func(_ context.Context, s *System, _ Fault) error { return s.typeScript.process.Signal(syscall.SIGKILL) },
		},
		{name: "another build made current", weight: 3, play: promoteOther},
		{name: "failpoint", weight: 16, targets: programs, points: true, play: armProcess},
		{
			name: "failpoints of two processes", weight: 5, targets: []string{"worker-1 api-1", "worker-1 worker-2", "api-1 api-2"},
			points: true, play: armTwo,
		},
	}
}

func killProcess(_ context.Context, s *System, f Fault) error {
	return s.process(f.Target).Signal(syscall.SIGKILL)
}

// freezeProcess stops a process as a long pause of its machine does: it wakes as a zombie, whose leases have ended.
func freezeProcess(ctx context.Context, s *System, f Fault) error {
	return frozen(ctx, s.process(f.Target).Signal, f.For)
}

// frozen stops a process for a time, or until ctx ends.
func frozen(ctx context.Context, signal func(syscall.Signal) error, long time.Duration) error {
	if err := signal(syscall.SIGSTOP); err != nil {
		return err
	}
	_ = wait.For(ctx, long)     // ended early when the storm ends: it has to wake in any case
	_ = signal(syscall.SIGCONT) // it may have been killed while it was stopped
	return nil
}

// deployProcess ends a process regularly and starts it again, as a deployment does.
func deployProcess(_ context.Context, s *System, f Fault) error {
	s.process(f.Target).restart("")
	return nil
}

// armProcess starts a process again with a failpoint at which it dies once.
func armProcess(_ context.Context, s *System, f Fault) error {
	s.process(f.Target).restart(s.point(f.What, f.Number, 0))
	return nil
}

// armTwo arms two processes at once.
func armTwo(_ context.Context, s *System, f Fault) error {
	points := strings.Fields(f.What)
	for i, name := range strings.Fields(f.Target) {
		s.process(name).restart(s.point(points[i], f.Number, i))
	}
	return nil
}
