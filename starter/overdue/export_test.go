package overdue

import "context"

// Look is one look of Run's.
func (w Watch) Look(ctx context.Context) error { return w.look(ctx) }
