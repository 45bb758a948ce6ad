package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/stripeapi"
	"farebook/money"
	"farebook/starter/rebuild"
	"farebook/store"
)

func rebuildCommand() *cobra.Command {
	var since, client, format string
	var apply uint64
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Find what a restored database has lost, by what Stripe has, and bring it back",
		Long: "Without --apply, lists what Stripe has and the books do not: bookings (by PaymentIntents with Farebook's metadata), refunds, " +
			"disputes and payouts. It writes a plan and changes nothing else. With --apply, it carries out exactly that plan. A booking comes " +
			"back with its money and its state; customer and flight come back when its client repeats the request with its Idempotency-Key. " +
			"Nothing is charged, refunded or sent. A fence has to be up: see docs/disaster.md.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format, shownFormats); err != nil {
				return err
			}
			var from time.Time
			if since != "" {
				var err error
				if from, err = time.Parse(time.RFC3339, since); err != nil {
					return misused("invalid --since %q: must be a time such as 2026-11-25T14:00:00Z", since)
				}
			}
			return rebuildWith(cmd, func(ctx context.Context, r *rebuild.Rebuilder, fence store.Fence) error {
				if cmd.Flags().Changed("apply") {
					return applyRebuild(ctx, cmd.OutOrStdout(), r, apply)
				}
				return planRebuild(ctx, cmd.OutOrStdout(), r, fence, from, client, format)
			})
		},
	}
	cmd.Flags().Uint64Var(&apply, "apply", 0, "carry out the plan with this number")
	cmd.Flags().StringVar(&since, "since", "",
		"time of the backup, in RFC 3339; default: a day before the fence or the newest row, whichever is earlier")
	cmd.Flags().StringVar(&client, "client", "",
		"client for bookings whose PaymentIntent names no client (older releases) or a client that was lost as well")
	cmd.MarkFlagsMutuallyExclusive("apply", "since")
	cmd.MarkFlagsMutuallyExclusive("apply", "client")
	formatFlag(cmd, &format, shownFormats...)
	return cmd
}

// rebuildWith runs work while a fence is up.
func rebuildWith(cmd *cobra.Command, work func(context.Context, *rebuild.Rebuilder, store.Fence) error) error {
	ctx := correlated(cmd.Context())
	cfg, log, err := load(cmd.ErrOrStderr(), "rebuild", config.Database, config.Temporal, config.Payments)
	if err != nil {
		return err
	}
	temporal, err := dialTemporal(cfg, log)
	if err != nil {
		return err
	}
	defer temporal.Close()
	return withStore(ctx, cfg, log, func(books *store.Store) error {
		fence, err := books.Fence(ctx)
		if err != nil {
			return err
		}
		if fence == nil {
			return errors.New("no fence is up: run fence raise first, so that no money moves while the books are rebuilt")
		}
		return work(ctx, &rebuild.Rebuilder{
			Store: books, Stripe: readOnlyStripe(cfg, log), Dispatch: dispatchOf(temporal, cfg), Revenue: cfg.Revenue,
		}, *fence)
	})
}

// readOnlyStripe cannot change anything at Stripe.
func readOnlyStripe(cfg config.Config, log *slog.Logger) *stripeapi.Client {
	calls := cfg.StripeAPI(log)
	calls.Guard = func(context.Context) error { return stripeapi.ErrFenced }
	return stripeapi.New(calls)
}

func planRebuild(ctx context.Context, out io.Writer, r *rebuild.Rebuilder, fence store.Fence, since time.Time, client,
	format string,
) error {
	owner := ""
	if client != "" {
		known, err := findClient(ctx, r.Store, client)
		if err != nil {
			return err
		}
		owner = known.ClientID
	}
	if since.IsZero() {
		var err error
		if since, err = r.Since(ctx, fence); err != nil {
			return err
		}
	}
	items, left, err := r.Lost(ctx, since, owner)
	if err != nil {
		return err
	}
	plan, err := r.Store.PlanRebuild(ctx, since, items, actor(ctx), r.Store.Now())
	if err != nil {
		return err
	}
	if format == "json" {
		return printRebuildJSON(out, plan, items, left)
	}
	return printRebuild(out, plan, items, left)
}

func printRebuild(out io.Writer, plan store.Rebuild, items []store.RebuildItem, left rebuild.LeftOut) error {
	table := newTable(out, "WHAT", "AT STRIPE", "BOOKING", "AMOUNT", "STATUS", "CREATED", "CLIENT")
	for _, item := range items {
		amount := "-"
		if item.Kind == store.RebuildBooking {
			amount = item.Amount.Format(money.LocaleEN)
		}
		table.row(string(item.Kind), item.StripeID, orDash(string(item.Reference)), amount, item.StripeStatus, item.Created.Format(time.RFC3339),
			ownerText(item.Booking))
	}
	if err := table.flush(); err != nil {
		return err
	}
	if err := printLeftOut(out, left); err != nil {
		return err
	}
	return printText(out, "\nPlan %d: %d objects that Stripe has created since %s and the books do not have. Apply it with: starter "+
		"rebuild --apply %d\n",
		plan.ID, len(items), plan.Since.Format(time.RFC3339), plan.ID)
}

func printLeftOut(out io.Writer, left rebuild.LeftOut) error {
	if left.Unowned > 0 {
		err := printText(out, "\nLeft out: %d PaymentIntents with a booking's reference but without a client, from an older release or "+
			"another integration. "+
			"--client NAME brings them back for that client.\n", left.Unowned)
		if err != nil {
			return err
		}
	}
	if left.Orphaned == 0 {
		return nil
	}
	return printText(out, "\nLeft out: %d PaymentIntents whose client was lost as well: %s. Create the client with client create and its "+
		"key with api-key create; "+
		"--client NAME brings them back for that client.\n", left.Orphaned, strings.Join(left.LostClients, ", "))
}

// ownerText is the client of a booking, and the lost client that --client replaces.
func ownerText(lost store.LostBooking) string {
	if lost.LostClientID == "" {
		return orDash(lost.ClientID)
	}
	return lost.ClientID + " (was " + lost.LostClientID + ")"
}

func printRebuildJSON(out io.Writer, plan store.Rebuild, items []store.RebuildItem, left rebuild.LeftOut) error {
	type item struct {
		Kind            string       `json:"kind"`
		StripeID        string       `json:"stripeId"`
		PaymentIntentID string       `json:"paymentIntentId,omitempty"`
		Booking         string       `json:"booking,omitempty"`
		Amount          *money.Money `json:"amount,omitempty"`
		Status          string       `json:"status"`
		CreatedAt       time.Time    `json:"createdAt"`
		Client          string       `json:"client,omitempty"`
		LostClient      string       `json:"lostClient,omitempty"` // the client in the PaymentIntent, when --client replaces it
	}
	shown := struct {
		Plan    uint64    `json:"plan"`
		Since   time.Time `json:"since"`
		Unowned int       `json:"unowned"` // PaymentIntents left out because they name no client
		// PaymentIntents left out because their client was lost, and those clients.
		Orphaned    int      `json:"orphaned"`
		LostClients []string `json:"lostClients,omitempty"`
		Items       []item   `json:"items"`
	}{plan.ID, plan.Since, left.Unowned, left.Orphaned, left.LostClients, make([]item, len(items))}
	for i, it := range items {
		shown.Items[i] = item{
			string(it.Kind), it.StripeID, it.PaymentIntentID, string(it.Reference), nil, it.StripeStatus, it.Created,
			it.Booking.ClientID, it.Booking.LostClientID,
		}
		if it.Kind == store.RebuildBooking {
			shown.Items[i].Amount = &it.Amount
		}
	}
	return printJSON(out, shown)
}

func applyRebuild(ctx context.Context, out io.Writer, r *rebuild.Rebuilder, id uint64) error {
	plan, items, err := r.Store.Rebuild(ctx, id)
	if err != nil {
		return orMissing(err, "no plan has the number %d: create one with rebuild", id)
	}
	did, failed := 0, error(nil)
	err = r.Apply(ctx, plan, items, actor(ctx), func(item store.RebuildItem) {
		did++
		failed = errors.Join(failed, printText(out, "Restored %s %s %s\n", item.Kind, item.StripeID, item.Reference))
	})
	if err != nil {
		return fmt.Errorf("restored %d of %d objects; apply the plan again to continue: %w", did, len(items), err)
	}
	return errors.Join(failed, printText(out,
		"Applied plan %d: restored %d objects, %d were already there. Next: reconcile, verify, and lower the fence\n",
		id, did, len(items)-did))
}
