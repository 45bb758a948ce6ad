package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/wait"
	"farebook/store"
	"farebook/store/proof"
)

// continueProof is the command that continues an interrupted proof.
const continueProof = "starter verify --whole"

// proveBooks proves the promises of the books from the last proof that held, or over the whole tables. It has a pool of connections and
// limits for large reads, apart from those of the books.
func proveBooks(cmd *cobra.Command, cfg config.Config, log *slog.Logger, options verifyOptions) ([]proof.Promise, error) {
	ctx := cmd.Context()
	books, err := store.Open(ctx, cfg.DatabaseDSN, cfg.Clock, log, store.ForProofs(),
		store.LoginFrom(cfg.DatabaseLogin))
	if err != nil {
		return nil, err
	}
	result, err := prove(cmd, proof.New(books), options)
	return result.Promises, errors.Join(err, books.Close())
}

// prove continues from the last proof that held. Without one, it reads the whole books, and waits for another process that does so already.
func prove(cmd *cobra.Command, prover *proof.Prover, options verifyOptions) (proof.Result, error) {
	if options.whole {
		return proveWhole(cmd, prover, options.restart)
	}
	for waited := false; ; waited = true {
		result, err := prover.Changes(cmd.Context())
		var none *proof.NoBaselineError
		switch {
		case err == nil:
			say(cmd, "The books are proven from the proof of %s on; --whole reads all of them.\n", result.Baseline.UTC().Format(time.RFC3339))
			if result.ReadOnly {
				say(cmd, "The database server is read-only: this proof is not recorded, and what the application's user may change is only "+
					"checked on the primary.\n")
			}
			return result, nil
		case !errors.As(err, &none):
			return result, err
		case !waited:
			say(cmd, "%s.\n", none)
		}
		result, err = proveWhole(cmd, prover, false)
		var running *proof.RunningError
		if !errors.As(err, &running) {
			return result, err
		}
		if !waited {
			say(cmd, "Another process has been reading them since %s; waiting for it.\n", running.StartedAt.UTC().Format(time.RFC3339))
		}
		if err := wait.For(cmd.Context(), otherProofPause); err != nil {
			return result, err
		}
	}
}

// otherProofPause is how long a command waits before it checks again for the proof of another process.
const otherProofPause = time.Second

// proveWhole proves the whole books and shows how far it is.
func proveWhole(cmd *cobra.Command, prover *proof.Prover, restart bool) (proof.Result, error) {
	ctx := cmd.Context()
	shown := &proofDisplay{line: progressLineOn(cmd.ErrOrStderr())}
	result, err := prover.Whole(ctx, proof.Options{Restart: restart, Progress: shown.show})
	shown.line.end()
	if ctx.Err() != nil {
		return result, &InterruptedError{"The proof was interrupted. Continue it with: " + continueProof}
	}
	return result, err
}

// lineShare is the share of a proof after which a pipe gets the next line.
const lineShare = 0.05

// proofDisplay shows how far a proof is: a moving bar on a terminal, or a line for each twentieth in a pipe.
type proofDisplay struct {
	line progressLine
	next float64
}

func (d *proofDisplay) show(at proof.Progress) {
	text := fmt.Sprintf("%3.0f%% proven: %s up to %d", 100*at.Share, at.Subject, at.DoneTo)
	switch {
	case d.line.terminal:
		d.line.show(bar(at.Share) + " " + text)
	case at.Share >= d.next:
		_, _ = fmt.Fprintln(d.line.out, text) // output of progress may fail without ending the command
		d.next = at.Share + lineShare
	}
}

// checkSealing checks that the ledger is still being sealed.
func checkSealing(ctx context.Context, books *store.Store) (proof.Promise, error) {
	check := proof.Promise{Number: 4, Text: fmt.Sprintf("no transaction has been without a seal for more than %d hours",
		int(store.SealingAllowance/time.Hour))}
	sealing, err := books.Sealing(ctx)
	check.Held, check.Detail = !sealing.Overdue(), sealing.Reason()
	return check, err
}
