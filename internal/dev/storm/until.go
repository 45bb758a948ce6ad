package storm

import (
	"context"
	"fmt"
	"time"

	"farebook/internal/wait"
)

// until waits until a condition holds, and returns an error that begins with what when it does not within limit.
func until(ctx context.Context, limit time.Duration, what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for !holds() {
		if err := wait.For(ctx, 200*time.Millisecond); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}
