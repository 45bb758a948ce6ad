package storm

import (
	"context"
	"path/filepath"
)

// Shrink searches a smaller schedule that still breaks a promise: it plays each half, and continues with one that does, for as many
// replays as it may. The interleaving of a run does not repeat, so that a half that holds once proves little, and one that breaks is
// enough.
func Shrink(ctx context.Context, o Options, replays int) ([]Fault, error) {
	least := o.Schedule
	for len(least) > 1 && replays > 0 {
		smaller := false
		for _, half := range [][]Fault{least[:len(least)/2], least[len(least)/2:]} {
			if replays == 0 {
				break
			}
			replays--
			try := o
			try.Schedule, try.Dir = half, filepath.Join(o.Dir, "shrink") // logs of the run that broke a promise stay
			say(o.Progress, "shrinking: %d of %d faults", len(half), len(o.Schedule))
			result, err := Run(ctx, try)
			if err != nil {
				return least, err
			}
			if len(result.Violations) > 0 {
				least, smaller = half, true
				break
			}
		}
		if !smaller {
			return least, nil
		}
	}
	return least, nil
}
