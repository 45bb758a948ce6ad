package store

import (
	"context"
	"database/sql"
	"fmt"

	"farebook/migrations"
	"farebook/store/internal/db"
)

// SchemaBehind is a schema that is older than this release needs. Have is zero when the database has no migration that the
// application's user may see.
type SchemaBehind struct{ Have, Need int64 }

func (e *SchemaBehind) Error() string {
	have := fmt.Sprintf("at migration %d", e.Have)
	if e.Have == 0 {
		have = "not migrated"
	}
	return fmt.Sprintf("the database of DATABASE_DSN is %s, and this release needs migration %d: run `starter migrate` of this release, with DATABASE_ADMIN_DSN",
		have, e.Need)
}

// checkSchema refuses a schema that is older than this release needs, whose every statement could fail with an unknown column. One that is
// newer is taken: the previous release runs beside the next one.
func (s *Store) checkSchema(ctx context.Context) error {
	versions, err := migrations.Versions()
	if err != nil {
		return err
	}
	need := versions[len(versions)-1]
	var have sql.NullInt64
	// Without the table, or the right to read it, no migration of this release was applied.
	err = s.db.WithContext(ctx).Raw("SELECT MAX(version_id) FROM goose_db_version WHERE is_applied = TRUE").Scan(&have).Error
	if err != nil && !db.NoTable(err) {
		return fmt.Errorf("read which migrations are applied: %w", err)
	}
	if have.Int64 < need {
		return &SchemaBehind{Have: have.Int64, Need: need}
	}
	return nil
}
