package sweeper

import "context"

// Sweep is one sweep of Run's.
func (s *Sweeper) Sweep(ctx context.Context) error { return s.sweep(ctx) }

// Check is one check of Run's.
func (c OverdueCheck) Check(ctx context.Context) error { return c.check(ctx) }

// Check is one check of Run's.
func (c SealingCheck) Check(ctx context.Context) error { return c.check(ctx) }
