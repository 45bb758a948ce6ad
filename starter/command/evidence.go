package command

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/ledger/seal"
	"farebook/starter/evidence"
	"farebook/store"
)

func evidenceCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "evidence REFERENCE",
		Short: "Collect a booking's evidence for a dispute, as JSON",
		Long: "Prints what was sold, the emails, the ledger, Stripe's ids, and a timeline, with what proves that the transactions are in the " +
			"sealed ledger. It is signed with the key of LEDGER_SEAL_KEY_FILE, where one is configured; `evidence verify` verifies it. It " +
			"contains personal data: handle it accordingly.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, log, err := load(cmd.ErrOrStderr(), "evidence", config.Database, config.Seals)
			if err != nil {
				return err
			}
			return withStore(cmd.Context(), cfg, log, func(books *store.Store) error {
				known, err := findBooking(cmd.Context(), books, args[0])
				if err != nil {
					return err
				}
				bundle, err := evidence.Collect(cmd.Context(), books, known, cfg.SealKey)
				if err != nil {
					return err
				}
				if cfg.SealKey == nil {
					say(cmd, "The evidence is not signed: LEDGER_SEAL_KEY_FILE is not set.\n")
				}
				return printJSON(cmd.OutOrStdout(), bundle)
			})
		},
	}
	command.AddCommand(evidenceVerifyCommand(), evidenceDraftCommand())
	return command
}

func evidenceVerifyCommand() *cobra.Command {
	var keyFile string
	command := &cobra.Command{
		Use:   "verify FILE [--public-key FILE]",
		Short: "Verify a bundle of evidence without the database",
		Long: "Verifies a file that `starter evidence` or GET /v1/bookings/{reference}/evidence has produced: that the key has signed it as it " +
			"is, that each sealed transaction leads to a signed seal of the ledger, and that its parts agree. Compare the digest that it prints " +
			"with the statement of that seal that finance keeps. It needs neither database nor network. Exits with 1 unless all of it holds, " +
			"also when --public-key is missing: without the key nothing is proven.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var key *seal.PublicKey
			if keyFile != "" {
				parsed, err := parsedFile("--public-key", keyFile, seal.ParsePublicKey)
				if err != nil {
					return err
				}
				key = &parsed
			}
			document, err := os.ReadFile(args[0])
			if err != nil {
				return misused("%s", err)
			}
			return printReport(cmd.OutOrStdout(), evidence.Verify(document, key), key != nil)
		},
	}
	command.Flags().StringVar(&keyFile, "public-key", "", "a file with the public key that verifies the signatures")
	return command
}

func printReport(out io.Writer, report evidence.Report, keyed bool) error {
	var failed error
	say := func(label, text string) {
		_, err := fmt.Fprintf(out, "%-12s%s\n", label, printable(text))
		failed = errors.Join(failed, err)
	}
	for _, line := range report.Lines {
		say(line.Label, line.Text)
	}
	for _, reason := range report.Broken {
		say("BROKEN", reason)
	}
	switch {
	case len(report.Broken) > 0:
		say("result", "the file does not hold: do not rely on it")
	case report.Proven:
		say("result", "the file is as it was signed, and its sealed transactions are in the ledger")
	case keyed:
		say("result", "not proven: not every sealed transaction leads to a signed seal")
	default:
		say("result", "consistent, and not proven: name the key with --public-key")
	}
	if !report.Proven {
		failed = errors.Join(failed, ErrBroken)
	}
	return failed
}
