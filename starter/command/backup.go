package command

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/exitcode"
	"farebook/migrations/dump"
	"farebook/store"
)

func backupCommand() *cobra.Command {
	return group("backup", "Check a dump of the books", "backup check FILE", checkBackupCommand())
}

func checkBackupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Load a dump into a schema for the check, and say whether it holds together",
		Long: "Reads a dump of mariadb-dump or mysqldump (FILE, or - for standard input), loads it into a new schema on the server that " +
			"DATABASE_ADMIN_DSN names, and removes the schema at the end. Name a private server with room for the whole database, and not the " +
			"live one. The dump is loaded as a user who has rights on that schema alone; statements that choose another database are left out.\n\n" +
			"It checks that the dump is complete and of a schema that this program knows, brings it to this program's schema, grants the " +
			"application's user its rights and tries whether that user could change the ledger, and then proves every promise over the whole " +
			"books: sums, states and seals, as verify --whole --books does. Exits with 1 if anything does not hold.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, log, err := load(cmd.ErrOrStderr(), "backup", config.AdminDatabase)
			if err != nil {
				return err
			}
			file, err := openDump(cmd, args[0])
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }() // nothing was written
			loaded, err := dump.Load(cmd.Context(), cfg.DatabaseAdminDSN, file)
			var content *dump.ContentError
			switch {
			case err == nil:
				err = checkLoaded(cmd, cfg, log, loaded)
			case errors.As(err, &content):
				err = exitcode.With(exitcode.Findings, err)
			}
			if loaded != nil {
				err = errors.Join(err, loaded.Drop(context.WithoutCancel(cmd.Context())))
			}
			return err
		},
	}
}

func openDump(cmd *cobra.Command, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(cmd.InOrStdin()), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, misused("%w", err)
	}
	return file, nil
}

// checkLoaded proves the books that were loaded.
func checkLoaded(cmd *cobra.Command, cfg config.Config, log *slog.Logger, loaded *dump.Loaded) error {
	cfg.DatabaseDSN = loaded.AppDSN
	return withStore(cmd.Context(), cfg, log, func(books *store.Store) error {
		promises, err := proveBooks(cmd, cfg, log, verifyOptions{whole: true, restart: true})
		var interrupted *InterruptedError
		switch {
		case errors.As(err, &interrupted):
			return &InterruptedError{"The check was interrupted, and what it had loaded is removed. Run it again with: starter backup check"}
		case err != nil:
			return err
		}
		err = printText(cmd.OutOrStdout(), "The dump is complete: %d statements, schema %d of %d.\n"+
			"The application's user has its rights, and cannot change the ledger.\n\n", loaded.Statements, loaded.Version, loaded.Newest)
		if err != nil {
			return err
		}
		attention, err := books.OpenAttention(cmd.Context())
		if err != nil {
			return err
		}
		return printPromises(cmd.OutOrStdout(), promises, attention, nil)
	})
}
