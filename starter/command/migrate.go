package command

import (
	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/migrations"
	"farebook/store"
)

func migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Migrate the database to this version's schema, and grant the application's user its rights",
		Long: "Connects with DATABASE_ADMIN_DSN, creates the database and the user of DATABASE_DSN when they are lacking, applies " +
			"the migrations that are not applied yet, and grants that user what it may do: on the ledger, read and insert only. Then it completes rows of an older release in ranges of ids, the ledger's effective " +
			"dates among them; run it again when no process of an older release runs any more.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := load(cmd.ErrOrStderr(), "migrate", config.Database, config.AdminDatabase)
			if err != nil {
				return err
			}
			if err := migrations.Up(cmd.Context(), cfg.DatabaseAdminDSN, cfg.DatabaseDSN); err != nil {
				return err
			}
			log.Info("database migrated to this version's schema")
			completed := func(table string, rows int64) {
				if rows > 0 {
					log.Info("completed rows of an older release", "table", table, "rows", rows)
				}
			}
			if err := migrations.FillEffectiveDates(cmd.Context(), cfg.DatabaseAdminDSN, cfg.DatabaseDSN, func(rows int64) {
				completed("financial_ledger", rows)
			}); err != nil {
				return err
			}
			return withStore(cmd.Context(), cfg, log, func(books *store.Store) error {
				return books.Backfill(cmd.Context(), completed)
			})
		},
	}
}
