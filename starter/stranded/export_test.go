package stranded

import "context"

// Sweep is one sweep of Run's.
func (s *Sweeper) Sweep(ctx context.Context) error { return s.sweep(ctx) }
