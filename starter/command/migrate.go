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
		Long: "Connects with DATABASE_ADMIN_DSN, creates the database and the user of DATABASE_DSN if they are missing, applies the missing " +
			"migrations, and grants that user its rights: on the ledger, only to read and insert. Then it completes rows of older releases in " +
			"ranges of ids, such " +
			"as the ledger's effective dates. Run it again when no process of an older release is running any more.",
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
