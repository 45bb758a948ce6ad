package migrations

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"

	"farebook/access"
)

// installationSecret is the length of the secret in bytes, that of the hash that it keys (HMAC-SHA-256).
const installationSecret = 32

// identify creates the installation's id and secret if there is no row yet. A row from a backup is kept, because everything
// derived from it has to be the same after a restore. The row's fixed id makes a repetition harmless.
func identify(ctx context.Context, db *sql.DB) error {
	present, err := tables(ctx, db)
	if err != nil || !present["installation"] {
		return err
	}
	secret := make([]byte, installationSecret)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	_, err = db.ExecContext(ctx, "INSERT IGNORE INTO installation (id, installation_id, secret, created_at) VALUES (1, ?, ?, "+
		"UTC_TIMESTAMP(6))",
		access.NewInstallationID(), secret)
	if err != nil {
		return fmt.Errorf("draw the id of the installation: %w", err)
	}
	return nil
}
