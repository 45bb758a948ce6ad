package command

import (
	"context"
	"errors"
	"io"
	"log/slog"

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
			"ranges of ids, such as the ledger's effective dates. Bookings are taken and paid meanwhile. Ctrl-C stops it, and the next call " +
			"continues from there. Run it again when no process of an older release is running any more.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := load(cmd.ErrOrStderr(), "migrate", config.Database, config.AdminDatabase)
			if err != nil {
				return err
			}
			err = migrate(cmd.Context(), cmd.ErrOrStderr(), cfg, log)
			if err != nil && errors.Is(cmd.Context().Err(), context.Canceled) {
				return &InterruptedError{"the migration has stopped: `starter migrate` continues from there"}
			}
			return err
		},
	}
}

func migrate(ctx context.Context, out io.Writer, cfg config.Config, log *slog.Logger) error {
	shown := &migrationProgress{line: progressLineOn(out), log: log}
	runner := migrations.Runner{AdminDSN: cfg.DatabaseAdminDSN, AppDSN: cfg.DatabaseDSN, BooksZone: cfg.BooksZone, Report: shown.show}
	defer shown.line.end()
	if err := runner.Up(ctx); err != nil {
		return err
	}
	shown.line.end()
	log.Info("database migrated to this version's schema")
	err := withStore(ctx, cfg, log, func(books *store.Store) error {
		adopted, err := books.AdoptAPIKeys(ctx)
		if adopted > 0 {
			log.Info("made clients of API keys of an older release", "keys", adopted)
		}
		return err
	})
	if err != nil {
		return err
	}
	return runner.Fill(ctx)
}
