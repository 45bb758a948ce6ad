package store

import "gorm.io/gorm"

// idGap is how far the ids of a restored database continue behind its last one: more rows than are written between a backup and the
// restore. Workflows of before the restore remember ids of rows that are lost.
const idGap = 10_000_000

const gapPoint = "before_id_gap"

// skipIDs leaves a gap in the ids that histories at Temporal hold: of emails, reconciliations and their items. Without it a workflow of
// before the restore would take a new row for the one that it remembers, and pass over an email as sent. The server keeps its counter
// when the rows are rolled back, which takes no right beyond INSERT. Repeated, it leaves another gap.
func skipIDs(tx *gorm.DB) error {
	if err := tx.SavePoint(gapPoint).Error; err != nil {
		return err
	}
	for _, statement := range []string{
		`INSERT INTO emails (id, kind, dedupe_key, message_id, status, created_at)
		 SELECT COALESCE(MAX(id), 0) + @gap, 'gap', 'gap', 'gap', 'failed', @now FROM emails`,
		`INSERT INTO reconciliation_runs (id, correlation_id, scope, dry_run, lookback_days, payment_limit, status, window_start, window_end, started_at)
		 SELECT COALESCE(MAX(id), 0) + @gap, 'gap', 'all', TRUE, 0, 0, 'failed', @now, @now, @now FROM reconciliation_runs`,
		`INSERT INTO reconciliation_items (id, run_id, fingerprint, class, object, stripe_id, amount_here, amount_at_stripe, reason, created_at, updated_at)
		 SELECT COALESCE((SELECT MAX(id) FROM reconciliation_items), 0) + @gap, MAX(id), 'gap', 'gap', 'gap', 'gap', 0, 0, 'gap', @now, @now
		 FROM reconciliation_runs`,
	} {
		if err := tx.Exec(statement, map[string]any{"gap": idGap, "now": tx.NowFunc()}).Error; err != nil {
			return err
		}
	}
	return tx.RollbackTo(gapPoint).Error
}
