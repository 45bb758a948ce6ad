package db

import (
	"context"

	"farebook/internal/sqlerror"
)

// Allows runs a statement as the application's database user and reports whether the user has the right to. The statement must change
// no row, because it takes effect where it is allowed.
func (d *DB) Allows(ctx context.Context, statement string) (bool, error) {
	pool, err := d.DB.DB()
	if err != nil {
		return false, err
	}
	_, err = pool.ExecContext(ctx, statement)
	if sqlerror.Number(err) == errNoRight {
		return false, nil
	}
	return err == nil, err
}
