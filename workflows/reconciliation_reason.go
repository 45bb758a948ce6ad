package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
)

// reasonOf is why a run failed, for an operator: what the activity said, without where and as which event Temporal ran it, which the
// Temporal UI shows.
func reasonOf(failure error) string {
	var said *temporal.ApplicationError
	var attempt *temporal.ActivityError
	switch {
	case errors.As(failure, &said):
		return said.Message()
	case errors.As(failure, &attempt) && attempt.Unwrap() != nil:
		return attempt.ActivityType().GetName() + ": " + attempt.Unwrap().Error()
	default:
		return failure.Error()
	}
}
