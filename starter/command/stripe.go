package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/stripeapi"
)

func stripeCommand() *cobra.Command {
	return group("stripe", "Prepare the account at Stripe", "stripe setup", stripeSetupCommand())
}

func stripeSetupCommand() *cobra.Command {
	flags := &stripeSetupFlags{}
	setup := &cobra.Command{
		Use:   "setup",
		Short: "Make or correct the webhook endpoint at Stripe, and check keys and account",
		Long: "Compares the webhook endpoint of --url at Stripe with what this build needs: API version " + stripeapi.APIVersion + ", and the " +
			"types of `starter events types` that this version offers. It makes a missing endpoint, enables a disabled one, and corrects its " +
			"types; running it again changes nothing. The API version of an endpoint cannot be changed: the command says what to do.\n\n" +
			"It also checks the modes of the keys, and what the account may do: charges, payouts, cards, and what Stripe still needs to " +
			"know. Each line has a state: ok, done, planned (with --dry-run), or open, which is for you to do.\n\n" +
			"The signing secret of a new endpoint is written to --secret-file, which must not exist yet, with mode 0600, and is never printed. " +
			"Give it to the API as STRIPE_WEBHOOK_SECRET or STRIPE_WEBHOOK_SECRET_FILE.\n\n" +
			"Exit code 1 means that something is open or planned.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// Without the part Payments: before the first setup, there is no STRIPE_WEBHOOK_SECRET.
			cfg, log, err := load(cmd.ErrOrStderr(), "stripe-setup", config.StripeKeys)
			if err != nil {
				return err
			}
			if err := flags.check(cfg); err != nil {
				return err
			}
			s := &stripeSetup{
				stripe: stripeClient(cfg, log), live: cfg.Stripe.Live(), publishable: cfg.Stripe.PublishableKey,
				hasSecret: cfg.Stripe.WebhookSecretGiven, stripeSetupFlags: *flags,
			}
			return errors.Join(s.run(cmd.Context()), s.print(cmd.OutOrStdout()))
		},
	}
	setup.Flags().StringVar(&flags.url, "url", "", "public address of POST /webhooks/stripe, such as https://api.example.com/webhooks/stripe")
	setup.Flags().StringVar(&flags.secretFile, "secret-file", "", "new file for the signing secret of a new endpoint")
	setup.Flags().BoolVar(&flags.dryRun, "dry-run", false, "change nothing: say what would be done")
	return setup
}

type stripeSetupFlags struct {
	url, secretFile string
	dryRun          bool
}

func (f *stripeSetupFlags) check(cfg config.Config) error {
	address, err := url.Parse(f.url)
	switch {
	case f.url == "":
		return misused("--url is missing: name the public address of POST /webhooks/stripe")
	case err != nil || address.Host == "" || address.User != nil || !slices.Contains([]string{"http", "https"}, address.Scheme):
		return misused("invalid --url: must be like https://api.example.com/webhooks/stripe")
	case address.Scheme == "http" && (cfg.Production() || cfg.Stripe.Live()):
		return misused("invalid --url %q: Stripe delivers live events to https only", f.url)
	case f.secretFile == "":
		return nil
	}
	if _, err := os.Lstat(f.secretFile); !errors.Is(err, fs.ErrNotExist) {
		return misused("--secret-file %s exists already, or cannot be examined: name a new file", f.secretFile)
	}
	return nil
}

// newSecretFile makes the file, which only its owner reads. It is made before the secret, which Stripe shows only once.
func newSecretFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, misused("--secret-file cannot be made: %w", err)
	}
	return file, nil
}

func writeSecret(file *os.File, secret string) error {
	_, err := file.WriteString(secret + "\n")
	return errors.Join(err, file.Sync(), file.Close())
}

// retryOutcome repeats a call whose outcome is unknown, twice. The call has an idempotency key, or changes nothing when repeated.
func retryOutcome[T any](ctx context.Context, call func() (T, error)) (out T, err error) {
	for range 3 {
		out, err = call()
		if ctx.Err() != nil || !stripeapi.IsKind(err, stripeapi.OutcomeUnknown, stripeapi.ServerError, stripeapi.Busy) {
			return out, err
		}
	}
	return out, err
}

// unfinished is the error of a setup that left something open.
func unfinished(left int) error {
	if left == 0 {
		return nil
	}
	return fmt.Errorf("%d of these steps are left to do: %w", left, ErrBroken)
}
