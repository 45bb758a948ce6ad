package sweeper

import "context"

// Check is one check of Run's.
func (c OverdueCheck) Check(ctx context.Context) error { return c.check(ctx) }

// Check is one check of Run's.
func (c SealingCheck) Check(ctx context.Context) error { return c.check(ctx) }
