package deployment

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"farebook/internal/wait"
)

const (
	// watchInterval is the time between two questions, and so about how late a promotion is noticed.
	watchInterval = 2 * time.Second
	// watchTimeout bounds one question.
	watchTimeout = 2 * time.Second
	// trustFor is how long an answer is valid: two questions may fail.
	trustFor = 3 * (watchInterval + watchTimeout)
)

// Watch knows whether a build gets every new workflow of a task queue. An eager start needs that: Temporal then lets the process that
// asks run the first workflow task, whichever build is current, and a pinned workflow stays on that build. So a process asks for an eager
// start only while Current is true, and otherwise starts the workflow as usual, which Temporal sends to the right build.
//
//	watch := deployment.NewWatch(deployment.Queue{Temporal: c, Namespace: n, Name: queue}, build, log)
//	go watch.Run(ctx)
//	...
//	options.EnableEagerStart = watch.Current()
//
// Current never waits. It is false until the first answer of Temporal, while another build gets a part of the new workflows (a ramp), and
// once the last answer is older than 12 seconds. A promotion is noticed after about two seconds: what is started eagerly until then runs on
// the build that was current before, whose workers run until its workflows have ended. A worker without versioning is current while no
// build is.
type Watch struct {
	queue Queue
	build Build
	log   *slog.Logger
	now   func() time.Time

	// validUntil is the time, in nanoseconds since 1970, until which the build is known to be current; 0 while it is not.
	validUntil atomic.Int64
}

// NewWatch returns a watch that knows nothing until Run is called.
func NewWatch(queue Queue, build Build, log *slog.Logger) *Watch {
	return &Watch{queue: queue, build: build, log: log, now: time.Now}
}

// Current reports whether every new workflow starts on the build, as far as Temporal has answered lately.
func (w *Watch) Current() bool { return w.now().UnixNano() < w.validUntil.Load() }

// Run asks Temporal every two seconds until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	defer w.validUntil.Store(0)
	for failed := false; ; {
		err := w.Look(ctx)
		if err != nil && ctx.Err() == nil && !failed {
			w.log.WarnContext(ctx, "cannot see which build is current; new workflows are not started eagerly meanwhile", "error", err)
		}
		failed = err != nil
		if wait.For(ctx, watchInterval) != nil {
			return
		}
	}
}

// Look asks Temporal once. After a failure the last answer stays valid for its time.
func (w *Watch) Look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	asked := w.now()
	state, err := w.queue.Read(ctx, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return err
	}
	until := int64(0)
	sole, undivided := state.Routing.Sole()
	if undivided && sole == w.build {
		until = asked.Add(trustFor).UnixNano()
	}
	w.validUntil.Store(until)
	return nil
}
