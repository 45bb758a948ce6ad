package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/ledger/seal"
	"farebook/store"
)

func ledgerCommand() *cobra.Command {
	return group("ledger", "Reports of the ledger, its months, manual journals and seals",
		"ledger balances, ledger trial-balance, ledger statement, ledger report, ledger compare, ledger export, ledger close, ledger reopen, "+
			"ledger periods, ledger post, ledger seal, ledger verify-chain or ledger carry-over",
		balancesCommand(), trialBalanceCommand(), statementCommand(), reportCommand(), compareCommand(), exportCommand(),
		closeMonthCommand(), reopenMonthCommand(), periodsCommand(), postJournalCommand(), sealCommand(), verifyChainCommand(),
		carryOverCommand())
}

func sealCommand() *cobra.Command {
	var keyFile, outFile string
	command := &cobra.Command{
		Use:   "seal [--key FILE] [--out FILE]",
		Short: "Seal the transactions that follow the last seal",
		Long: "Seals every complete transaction that follows the last seal, in ranges, and prints the statement of the newest seal. A seal " +
			"covers counts, sums and a digest over every transaction and entry, and includes the seal before it: a later change of sealed " +
			"history is found by `ledger verify-chain`. With --key the statement is signed with an Ed25519 key in PEM, as " +
			"`openssl genpkey -algorithm ed25519` makes it: keep signed statements where the database's administrators cannot change them. " +
			"Running it again is harmless.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := signingKey(keyFile)
			if err != nil {
				return err
			}
			return booksCommand(cmd, "ledger", func(books *store.Store) error {
				statement, err := sealAll(cmd, books)
				if err != nil {
					return err
				}
				if key != nil {
					statement = key.Sign(statement)
				}
				return writeNew(cmd.OutOrStdout(), outFile, statement)
			})
		},
	}
	command.Flags().StringVar(&keyFile, "key", "", "a file with the private key that signs the statement")
	command.Flags().StringVar(&outFile, "out", "", "a file to write the statement to, which must not exist yet; standard output otherwise")
	return command
}

// sealAll seals range after range, and returns the statement of the newest seal.
func sealAll(cmd *cobra.Command, books *store.Store) (string, error) {
	ctx := cmd.Context()
	installation, err := books.Installation(ctx)
	if err != nil {
		return "", err
	}
	for {
		made, sealed, err := books.SealLedger(ctx)
		if err != nil {
			return "", fmt.Errorf("seal the ledger: %w", err)
		}
		if !sealed {
			break
		}
		say(cmd, "sealed transactions %d to %d as seal %d\n", made.FromID, made.ToID, made.Number)
	}
	last, err := books.LastSeal(ctx)
	if err != nil {
		return "", err
	}
	if last.Number == 0 {
		return "", errors.New("the ledger has no complete transaction to seal yet")
	}
	return last.Statement(installation.ID), nil
}

func signingKey(file string) (*seal.Key, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // no key was asked for
	}
	key, err := parsedFile("--key", file, seal.ParseKey)
	if err != nil {
		return nil, err
	}
	return &key, nil
}

// parsedFile reads and parses the file that a flag names.
func parsedFile[T any](flag, file string, parse func([]byte) (T, error)) (T, error) {
	var parsed T
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return parsed, misused("%s: %s", flag, err)
	}
	parsed, err = parse(text)
	if err != nil {
		return parsed, misused("%s: %s: %s", flag, file, err)
	}
	return parsed, nil
}

// writeNew writes text to a file that does not exist yet, or to out when no file is named.
func writeNew(out io.Writer, file, text string) error {
	if file == "" {
		_, err := io.WriteString(out, text)
		return err
	}
	created, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a statement is for others to read
	if err != nil {
		return misused("--out: %s", err)
	}
	_, err = created.WriteString(text)
	return errors.Join(err, created.Close())
}

func verifyChainCommand() *cobra.Command {
	var sealFiles []string
	var keyFile string
	command := &cobra.Command{
		Use:   "verify-chain [--seal FILE --public-key FILE]",
		Short: "Verify that the ledger's history is as it was sealed",
		Long: "Reads the whole sealed ledger, range by range, and compares it with the seals: an entry or a transaction that was added, " +
			"changed, dated back or removed is found, and the range it is in. Somebody who can write to the database could make all seals " +
			"anew: name signed statements that were kept elsewhere with --seal, and the public key with --public-key, to find that as well. " +
			"Exits with 1 if anything differs. It changes nothing.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kept, err := keptStatements(sealFiles, keyFile)
			if err != nil {
				return err
			}
			return booksCommand(cmd, "ledger", func(books *store.Store) error { return verifyChain(cmd, books, kept) })
		},
	}
	command.Flags().StringArrayVar(&sealFiles, "seal", nil, "a file with a signed statement that was kept elsewhere; may be repeated")
	command.Flags().StringVar(&keyFile, "public-key", "", "a file with the public key that verifies the statements' signatures")
	return command
}

// keptStatement is a statement whose signature was verified.
type keptStatement struct{ file, text string }

func keptStatements(files []string, keyFile string) ([]keptStatement, error) {
	if (len(files) == 0) != (keyFile == "") {
		return nil, misused("--seal and --public-key go together")
	}
	if keyFile == "" {
		return nil, nil
	}
	key, err := parsedFile("--public-key", keyFile, seal.ParsePublicKey)
	if err != nil {
		return nil, err
	}
	kept := make([]keptStatement, len(files))
	for i, file := range files {
		statement, err := parsedFile("--seal", file, func(signed []byte) (string, error) {
			return key.Verify(strings.ReplaceAll(string(signed), "\r\n", "\n")) // as some mail programs save it
		})
		if err != nil {
			return nil, err
		}
		kept[i] = keptStatement{file, statement}
	}
	return kept, nil
}

func verifyChain(cmd *cobra.Command, books *store.Store, kept []keptStatement) error {
	ctx := cmd.Context()
	chain, err := books.VerifyChain(ctx, func(done seal.Seal) {
		say(cmd, "verified seal %d, transactions %d to %d\n", done.Number, done.FromID, done.ToID)
	})
	if err != nil {
		return fmt.Errorf("verify the chain of seals: %w", err)
	}
	var reasons []string
	for _, broken := range chain.Broken {
		reasons = append(reasons, broken.Reason)
	}
	for _, one := range kept {
		reason, err := compareKept(cmd, books, one)
		if err != nil {
			return err
		}
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return printChain(cmd.OutOrStdout(), chain, len(kept), reasons)
}

// compareKept says how the recorded seal differs from a kept statement, or nothing.
func compareKept(cmd *cobra.Command, books *store.Store, kept keptStatement) (string, error) {
	said, _, err := seal.ParseStatement(kept.text)
	if err != nil {
		return "", misused("--seal: %s: %s", kept.file, err)
	}
	installation, err := books.Installation(cmd.Context())
	if err != nil {
		return "", err
	}
	recorded, found, err := books.Seal(cmd.Context(), said.Number)
	switch {
	case err != nil:
		return "", err
	case !found:
		return fmt.Sprintf("%s: seal %d is not in the database: it was removed", kept.file, said.Number), nil
	case recorded.Digest != said.Digest || recorded.Statement(installation.ID) != kept.text:
		return fmt.Sprintf("%s: seal %d in the database is a different one: the ledger was sealed again, or this is another database", kept.file,
			said.Number), nil
	}
	return "", nil
}

func printChain(out io.Writer, chain store.Chain, kept int, reasons []string) error {
	last := "none yet: run `starter ledger seal`"
	if chain.Seals > 0 {
		last = fmt.Sprintf("%d, the last of %s, up to transaction %d", chain.Seals, chain.Last.SealedAt.UTC().Format(time.RFC3339),
			chain.Last.ToID)
	}
	lines := []string{"seals      " + last, fmt.Sprintf("unsealed   %d transactions", chain.Unsealed)}
	if kept > 0 {
		lines = append(lines, fmt.Sprintf("compared   with %d signed statements", kept))
	}
	for _, reason := range reasons {
		lines = append(lines, "BROKEN     "+printable(reason))
	}
	if len(reasons) == 0 {
		lines = append(lines, "result     the ledger is as it was sealed")
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	if len(reasons) > 0 {
		return ErrBroken
	}
	return nil
}
