package main

import (
	"context"
	"fmt"
)

// facts describe the server and the books.
func (s *server) facts(ctx context.Context, books schema) (string, error) {
	var version string
	var megabytes, ledger, entries int64
	err := s.db.QueryRowContext(ctx, `SELECT VERSION(), (SELECT ROUND(SUM(data_length + index_length) / 1000000) FROM information_schema.tables
		WHERE table_schema = ?)`, books.name).Scan(&version, &megabytes)
	if err != nil {
		return "", err
	}
	count := fmt.Sprintf("SELECT (SELECT COUNT(*) FROM %[1]s.financial_ledger), (SELECT COUNT(*) FROM %[1]s.ledger_entries)", books.name)
	err = s.db.QueryRowContext(ctx, count).Scan(&ledger, &entries)
	return fmt.Sprintf("%s, buffer pool %d MB, database %d MB, %d ledger transactions with %d entries", version, bufferPool>>20,
		megabytes, ledger, entries), err
}
