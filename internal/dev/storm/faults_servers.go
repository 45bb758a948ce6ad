package storm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"farebook/internal/wait"
)

func serverKinds() []kind {
	return []kind{
		{name: "MariaDB killed", weight: 2, play: func(ctx context.Context, s *System, _ Fault) error {
			return s.servers.killed(ctx, s.Stack.MariaDB)
		}},
		{name: "MariaDB frozen", weight: 2, longest: 8 * time.Second, play: func(ctx context.Context, s *System, f Fault) error {
			return s.servers.frozen(ctx, s.Stack.MariaDB, f.For)
		}},
		{name: "Temporal killed", weight: 2, play: func(ctx context.Context, s *System, _ Fault) error {
			return s.servers.killed(ctx, s.Stack.Temporal)
		}},
		{name: "Temporal frozen", weight: 2, longest: 8 * time.Second, play: func(ctx context.Context, s *System, f Fault) error {
			return s.servers.frozen(ctx, s.Stack.Temporal, f.For)
		}},
		{
			name: "disk of MariaDB full", weight: 2, longest: 8 * time.Second, without: func(s *System) string { return s.disk.missing() },
			play: func(ctx context.Context, s *System, f Fault) error {
				return s.servers.full(ctx, s.Stack.MariaDB, s.disk, f.For)
			},
		},
		{name: "connections killed", weight: 5, play: killConnections},
		{name: "rows locked", weight: 4, longest: 8 * time.Second, play: lockRows},
	}
}

// server is MariaDB or Temporal.
type server interface {
	Done() <-chan struct{}
	Kill() error
	Restart(ctx context.Context) error
	Pid() int
	Name() string
}

// servers let one fault at a time have a server: one that is frozen cannot become ready.
type servers struct {
	mu            sync.Mutex
	endedWhenFull atomic.Int64 // how often MariaDB has ended for want of space
	wasFull       atomic.Bool  // since its tables were rebuilt
}

// killed kills a server and starts it again on its data.
func (s *servers) killed(ctx context.Context, one server) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(one.Kill(), restarted(context.WithoutCancel(ctx), one))
}

// starts is how often a server may need more time for its start than a machine under load gives it.
const starts = 4

func restarted(ctx context.Context, one server) (err error) {
	for range starts {
		err = one.Restart(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
	return fmt.Errorf("%s does not start again: %w", one.Name(), err)
}

func (s *servers) frozen(ctx context.Context, one server, long time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return frozen(ctx, func(signal syscall.Signal) error { return syscall.Kill(one.Pid(), signal) }, long)
}

// lateEnd is how long after the space has come back a server may still end of its want: it reports its state first.
const lateEnd = 2 * time.Second

// full leaves a server without space on its disk. One that ends of it is started again once there is space, as by its supervisor.
func (s *servers) full(ctx context.Context, one server, disk Disk, long time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wasFull.Store(true)
	if err := disk.fill(); err != nil {
		return errors.Join(err, disk.empty())
	}
	_ = wait.For(ctx, long) // ended early when the storm ends: the space has to come back in any case
	if err := disk.empty(); err != nil {
		return err
	}
	select {
	case <-one.Done():
		s.endedWhenFull.Add(1)
		return restarted(context.WithoutCancel(ctx), one)
	case <-time.After(lateEnd):
		return nil
	}
}

// killConnections ends the application's connections at the server, in the middle of whatever they do: a COMMIT that is under way is
// carried out or not, and its client does not learn which.
func killConnections(ctx context.Context, s *System, _ Fault) error {
	return s.killConnectionsOf(ctx, usualUser+"%")
}

// killConnectionsOf ends the connections of the users whose names match a pattern of LIKE.
func (s *System) killConnectionsOf(ctx context.Context, users string) (err error) {
	rows, err := s.Root.QueryContext(ctx, "SELECT id FROM information_schema.processlist WHERE user LIKE ?", users)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		_, _ = s.Root.ExecContext(ctx, fmt.Sprintf("KILL %d", id)) // it may have ended meanwhile
	}
	return rows.Err()
}

// lockRows holds the newest bookings under a lock, as a long transaction of somebody else does.
func lockRows(ctx context.Context, s *System, f Fault) error {
	tx, err := s.Root.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if _, err := tx.ExecContext(ctx, "SELECT id FROM farebook.bookings ORDER BY id DESC LIMIT 20 FOR UPDATE"); err != nil {
		return err
	}
	return wait.For(ctx, f.For)
}
