package db

import "context"

// ForbiddenChange tries statements that must be refused for want of a right, as the application's user, and returns the first one that
// the server allows; empty when it refuses them all. Each ends in WHERE FALSE, so that one that is allowed changes no row.
func (d *DB) ForbiddenChange(ctx context.Context, statements ...string) (string, error) {
	pool, err := d.DB.DB()
	if err != nil {
		return "", err
	}
	for _, statement := range statements {
		_, err := pool.ExecContext(ctx, statement+" WHERE FALSE")
		switch {
		case err == nil:
			return statement, nil
		case errorNumber(err) != errNoRight:
			return "", err
		}
	}
	return "", nil
}
