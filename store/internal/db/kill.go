package db

import (
	"context"
	"database/sql/driver"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"farebook/internal/sqlerror"
	"farebook/internal/sqlsession"
)

const (
	// killTimeout bounds one attempt to connect and to kill.
	killTimeout = 2 * time.Second
	// killPause is between two attempts while the server does not answer.
	killPause = 500 * time.Millisecond
	// killWindow is how long a statement is tried to be killed: on MariaDB the server has ended it by then.
	killWindow = time.Minute
	// killsAtClose is how long Close waits for statements of a command that was interrupted.
	killsAtClose = 3 * time.Second
)

// killer ends statements at the server that nobody waits for any more, over a second connection of the same user, who may kill their own
// statements without a right. It kills the statement and not the connection: if the id should belong to another connection by now, its
// statement fails with 1317, which is repeated.
type killer struct {
	connector driver.Connector
	log       *slog.Logger
	killed    atomic.Int64

	ctx  context.Context
	stop context.CancelFunc

	mu      sync.Mutex
	pending []abandoned
	running bool
	group   sync.WaitGroup
}

// abandoned is a connection whose statement nobody waits for.
type abandoned struct {
	id    uint64
	until time.Time
}

func newKiller(connector driver.Connector, log *slog.Logger) *killer {
	k := &killer{connector: connector, log: log}
	k.ctx, k.stop = context.WithCancel(context.Background())
	return k
}

// kill ends the statement of a connection in the background: its caller has waited long enough.
func (k *killer) kill(id uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pending = append(k.pending, abandoned{id, time.Now().Add(killWindow)})
	if !k.running {
		k.running = true
		k.group.Go(k.run)
	}
}

// close waits a little for what is pending.
func (k *killer) close() {
	timer := time.AfterFunc(killsAtClose, k.stop)
	defer timer.Stop()
	k.group.Wait()
	k.stop()
}

// run kills what is pending until nothing is.
func (k *killer) run() {
	for {
		batch := k.take()
		if len(batch) == 0 {
			return
		}
		left, err := k.killAll(batch)
		if err == nil {
			continue
		}
		k.log.WarnContext(k.ctx, "statements that nobody waits for were not killed yet", "statements", len(left), "error", err)
		k.putBack(left)
		select {
		case <-time.After(killPause):
		case <-k.ctx.Done():
		}
	}
}

// take returns what is pending and still worth an attempt; with nothing, the killer is no longer running.
func (k *killer) take() []abandoned {
	k.mu.Lock()
	defer k.mu.Unlock()
	var batch []abandoned
	for _, one := range k.pending {
		if k.ctx.Err() == nil && time.Now().Before(one.until) {
			batch = append(batch, one)
		}
	}
	k.pending = nil
	k.running = len(batch) > 0
	return batch
}

func (k *killer) putBack(left []abandoned) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pending = append(k.pending, left...)
}

// killAll returns what could not be killed because the server did not answer.
func (k *killer) killAll(batch []abandoned) (left []abandoned, err error) {
	ctx, cancel := context.WithTimeout(k.ctx, killTimeout)
	defer cancel()
	conn, err := k.connector.Connect(ctx)
	if err != nil {
		return batch, err
	}
	defer func() { _ = conn.Close() }() // nothing is written through it
	own, err := sqlsession.Read(ctx, conn)
	if err != nil {
		return batch, err
	}
	for i, one := range batch {
		if own.ID <= one.id {
			continue // the server was restarted, and counts its connections from the start: the statement is gone
		}
		err := sqlsession.Exec(ctx, conn, "KILL QUERY "+strconv.FormatUint(one.id, 10))
		switch number := sqlerror.Number(err); {
		case err == nil:
			k.killed.Add(1)
		case number == errNoSuchConnection:
			// The server has noticed that the connection was closed.
		case number != 0:
			k.log.WarnContext(ctx, "KILL QUERY was refused", "error", err)
		default:
			return batch[i:], err
		}
	}
	return nil, nil
}
