package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/monitoring"
)

const (
	// queryWindow covers all stories, however slow the machine is.
	queryWindow = "10m"
	// queryTime is how long a query may take to have a value: several scrapes.
	queryTime = time.Minute
)

// checkQueries asks Prometheus what every panel and every alert asks, until each has a value.
func (d *demo) checkQueries(ctx context.Context) error {
	root, err := devstack.Root()
	if err != nil {
		return err
	}
	queries, err := monitoring.Queries(filepath.Join(root, "deploy"), queryWindow)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	empty := queries
	err = until(ctx, func() (bool, error) {
		now := slices.DeleteFunc(slices.Clone(queries), func(q monitoring.Query) bool {
			return d.stack.Prometheus.HasValue(ctx, q.Expr)
		})
		if ctx.Err() == nil { // otherwise, the last questions had no answer
			empty = now
		}
		return len(now) == 0, nil
	})
	for _, query := range empty {
		fmt.Printf("   empty: %s: %s\n", query.Of, query.Expr)
	}
	if err != nil {
		return fmt.Errorf("%d of %d queries have no value: %w", len(empty), len(queries), err)
	}
	fmt.Printf("\nThe %d queries of dashboards and alerts have a value.\n", len(queries))
	return nil
}
