package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"farebook/booking"
	"farebook/finance"
	"farebook/internal/dev/mailbox"
	"farebook/ledger"
	"farebook/money"
	"farebook/store/report"
)

// mailsOf returns the kinds of the emails about a booking in the mailbox, from their Message-IDs.
func (d *demo) mailsOf(s *story) []string {
	var kinds []string
	for _, message := range d.stack.Mailbox.Messages() {
		if !strings.Contains(message.Subject+message.Text, s.reference) {
			continue
		}
		if _, rest, found := strings.Cut(message.MessageID, "."); found {
			kind, _, _ := strings.Cut(rest, "@")
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func (d *demo) awaitMails(ctx context.Context) error {
	if err := until(ctx, func() (bool, error) {
		for _, s := range d.told {
			if len(d.mailsOf(s)) < len(s.mails) {
				return false, nil
			}
		}
		return true, nil
	}); err != nil {
		return fmt.Errorf("not all emails arrived: %w", err)
	}
	return nil
}

func (d *demo) showLedger(ctx context.Context) error {
	fmt.Println("\nThe ledger")
	for _, s := range d.told {
		transactions, err := d.store.Ledger(ctx, booking.Reference(s.reference))
		if err != nil {
			return err
		}
		for _, t := range transactions {
			fmt.Printf("   %s  %s  %s\n", s.reference, t.Type, t.PaymentIntentID)
			for _, entry := range t.Entries {
				fmt.Printf("      %-6s  %-32s %12s\n", entry.Side, entry.Account, money.Text(entry.Amount, entry.Currency))
			}
		}
	}
	return nil
}

func (d *demo) showMails() {
	fmt.Println("\nThe emails")
	for _, message := range d.stack.Mailbox.Messages() {
		fmt.Printf("   %s\n      Message-ID <%s>\n", message.Subject, message.MessageID)
	}
	if mails := d.stack.Mailbox.Messages(); len(mails) > 0 {
		first := mails[slices.IndexFunc(mails, func(m mailbox.Message) bool { return strings.Contains(m.MessageID, "confirmed") })]
		fmt.Println("\n   The first confirmation reads:")
		for line := range strings.Lines(first.Text) {
			fmt.Print("   │ ", line)
		}
		fmt.Println()
	}
}

// errBroken makes the demonstration exit with a status other than 0.
var errBroken = errors.New("a promise was broken: see the table above")

// close prints the tables of stories and promises, and returns errBroken if a promise was broken.
func (d *demo) close(ctx context.Context) error {
	held := true
	fmt.Printf("\n%-62s %-12s %-15s %s\n", "Story", "Booking", "Status", "Emails")
	for _, s := range d.told {
		b, err := d.read(ctx, s.reference)
		if err != nil {
			return err
		}
		mails := d.mailsOf(s)
		held = held && b.Status == s.want && sameMails(mails, s.mails)
		fmt.Printf("%-62s %-12s %-15s %s\n", s.title, s.reference, b.Status, strings.Join(mails, ", "))
	}
	if err := d.showAccounts(ctx); err != nil {
		return err
	}
	checks, err := d.checks(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\n%-90s %s\n", "Promise", "Held")
	for _, c := range checks {
		word := "yes"
		if !c.held {
			word, held = "NO: "+c.detail, false
		}
		fmt.Printf("%-90s %s\n", c.text, word)
	}
	if !held {
		return errBroken
	}
	fmt.Println("\nEvery story ended as it should.")
	return nil
}

// sameMails reports whether exactly the expected emails arrived, in any order, because they are sent in parallel.
func sameMails(came, expected []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(came)), slices.Sorted(slices.Values(expected)))
}

// trialLines prints a trial balance.
type trialLines struct{}

func (trialLines) Begin(finance.Table) error {
	fmt.Printf("\n%-34s %14s %14s %14s\n", "Trial balance", "Debits", "Credits", "Closing")
	return nil
}

func (trialLines) Row(row finance.Row) error {
	texts := make([]any, 0, len(row))
	for _, value := range row {
		if amount, ok := value.(money.Money); ok {
			texts = append(texts, money.Text(amount.Value, amount.Currency))
		}
	}
	fmt.Printf("%-34s %14s %14s %14s\n", append([]any{row[0]}, texts[1:]...)...) // without the opening, which is nothing
	return nil
}

// showAccounts prints the trial balance of the whole ledger, which has to prove itself.
func (d *demo) showAccounts(ctx context.Context) error {
	whole := finance.Interval{To: d.store.Now().Add(time.Hour), Basis: finance.ByEffective, Zone: time.UTC}
	checks, err := report.New(d.store).TrialBalance(ctx, whole, trialLines{})
	if err != nil {
		return err
	}
	for _, check := range checks {
		if !check.Held {
			return fmt.Errorf("%w: %s: %s", errBroken, check.Text, check.Detail)
		}
	}
	return nil
}

type check struct {
	text   string
	held   bool
	detail string
}

// checks compares the books with the state of the stand-in; `starter verify` checks the other promises.
func (d *demo) checks(ctx context.Context) ([]check, error) {
	charged := map[string]int{}
	twice := check{text: "1 no booking is charged twice at Stripe", held: true}
	for _, intent := range d.stack.Stripe.PaymentIntents() {
		if intent.Status == "succeeded" {
			charged[intent.Metadata["booking_reference"]]++
			if charged[intent.Metadata["booking_reference"]] > 1 {
				twice.held, twice.detail = false, intent.Metadata["booking_reference"]
			}
		}
	}
	out := []check{twice}
	balances, err := d.store.Balances(ctx)
	if err != nil {
		return nil, err
	}
	for _, balance := range balances {
		if balance.Account != ledger.AssetStripeClearing {
			continue
		}
		theirs := d.stack.Stripe.Balance(balance.Currency.Stripe())
		out = append(out, check{
			text:   "5 asset:stripe_clearing equals Stripe's balance: " + money.Text(balance.Amount, balance.Currency),
			held:   theirs == balance.Amount,
			detail: "Stripe's balance is " + money.Text(theirs, balance.Currency),
		})
	}
	return out, nil
}
