package deployment

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"
)

// ErrChanged refuses a change because another one came after the status was read on which it rests.
var ErrChanged = errors.New("another change of the deployment came in between: see deploy status, then repeat the command")

// unlessChanged returns nil after a refusal of a change that is in force all the same. Temporal can carry out a change after it has left
// the call without an answer, and refuses the repetition then, whose conflict token is an older one.
func (d Deployment) unlessChanged(ctx context.Context, want Routing, refusal error) error {
	if !outdated(refusal) {
		return refusal
	}
	now, err := d.Read(ctx)
	switch {
	case err != nil:
		return errors.Join(refusal, err)
	case now.Routing != want:
		return fmt.Errorf("%w (%w)", ErrChanged, refusal)
	}
	return d.awaitRouting(ctx, want)
}

// outdated reports whether Temporal refuses a conflict token. The server has no type for it (service/worker/workerdeployment/workflow.go,
// validateStateBeforeAcceptingRampingUpdate).
func outdated(err error) bool {
	var failed *serviceerror.FailedPrecondition
	return errors.As(err, &failed) && strings.Contains(failed.Error(), "conflict token mismatch")
}
