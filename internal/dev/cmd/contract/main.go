// Command contract plays the scenarios of internal/dev/contract against the stand-in, and against Stripe's test mode when
// FAREBOOK_CONTRACT_KEY has a test key. It fails if a scenario does not hold. Run by `make contract`.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"farebook/internal/dev/contract"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Getenv(contract.KeyVariable), os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "contract:", err) // nothing can be done if that fails
		os.Exit(1)
	}
}

func run(ctx context.Context, key string, out io.Writer) error {
	var targets []*contract.Target
	if key != "" { // first, so that a wrong key is refused before anything is played
		stripe, err := contract.Stripe(key)
		if err != nil {
			return err
		}
		targets = append(targets, stripe)
	}
	stand, err := contract.StandIn()
	if err != nil {
		return err
	}
	broken := 0
	for _, target := range append([]*contract.Target{stand}, targets...) {
		found, err := contract.Report(ctx, target, out)
		if err := errors.Join(err, target.Close()); err != nil {
			return err
		}
		broken += found
	}
	if key == "" {
		_, err := fmt.Fprintln(out, "Stripe: NOT RUN. Set "+contract.KeyVariable+"=sk_test_... to play the same scenarios in Stripe's test mode.")
		if err != nil {
			return err
		}
	}
	if broken > 0 {
		return fmt.Errorf("%d scenarios do not hold", broken)
	}
	return nil
}
