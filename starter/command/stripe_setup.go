package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"farebook/internal/stripeapi"
	"farebook/starter/inbox"
)

// stripeSetup compares keys, account and webhook endpoint with what Farebook needs.
type stripeSetup struct {
	stripeSetupFlags

	stripe      *stripeapi.Client
	live        bool
	publishable string // empty for none
	hasSecret   bool   // STRIPE_WEBHOOK_SECRET is configured
	steps       []setupStep
}

// setupStep is one line of the result.
type setupStep struct{ state, subject, text string }

// The states of a step.
const (
	stepOK      = "ok"
	stepDone    = "done"
	stepPlanned = "planned"
	stepOpen    = "open"
)

func (s *stripeSetup) add(state, subject, format string, args ...any) {
	s.steps = append(s.steps, setupStep{state, subject, fmt.Sprintf(format, args...)})
}

// run reads first, so that a wrong key changes nothing.
func (s *stripeSetup) run(ctx context.Context) error {
	account, err := retryOutcome(ctx, func() (stripeapi.Account, error) { return s.stripe.Account(ctx) })
	if err != nil {
		return fmt.Errorf("STRIPE_SECRET_KEY: %w (a restricted key needs to read the account and to write webhook endpoints)", err)
	}
	s.checkKeys(account)
	s.checkAccount(account)
	return s.ensureEndpoint(ctx)
}

func (s *stripeSetup) checkKeys(account stripeapi.Account) {
	mode, other := "test", "live"
	if s.live {
		mode, other = other, mode
	}
	s.add(stepOK, "secret key", "%s mode, account %s (%s)", mode, account.ID, account.Country)
	switch {
	case s.publishable == "":
		s.add(stepOpen, "publishable key", "STRIPE_PUBLISHABLE_KEY is not set: the payment page needs it; copy pk_%s_... from Stripe's "+
			"dashboard, Developers, API keys", mode)
	case strings.HasPrefix(s.publishable, "pk_"+mode+"_"):
		s.add(stepOK, "publishable key", "%s mode", mode)
	case strings.HasPrefix(s.publishable, "pk_"+other+"_"):
		s.add(stepOpen, "publishable key", "STRIPE_PUBLISHABLE_KEY is of %s mode and the secret key of %s mode: set both of one mode",
			other, mode)
	default:
		s.add(stepOpen, "publishable key", "STRIPE_PUBLISHABLE_KEY is no publishable key: it begins with pk_%s_", mode)
	}
}

// checkAccount reports what keeps the account from taking payments or from being paid out
// (stripe.com/docs/connect/handling-api-verification).
func (s *stripeSetup) checkAccount(account stripeapi.Account) {
	allowed := func(subject string, may bool, missing string) {
		if may {
			s.add(stepOK, subject, "enabled")
			return
		}
		if account.DisabledReason != "" {
			missing += "; Stripe's reason is " + account.DisabledReason
		}
		s.add(stepOpen, subject, "%s", missing)
	}
	allowed("business details", account.DetailsSubmitted, "not submitted: complete the activation of the account in Stripe's dashboard")
	allowed("charges", account.ChargesEnabled, "the account may not charge cards yet")
	allowed("payouts", account.PayoutsEnabled, "Stripe pays nothing out yet: add a bank account, and what is due below")
	switch account.CardPayments {
	case "active", "":
	default:
		s.add(stepOpen, "card payments", "the capability is %s: request it in Stripe's dashboard, Settings, Payment methods",
			account.CardPayments)
	}
	if len(account.PastDue) > 0 {
		s.add(stepOpen, "requirements", "past due: %s", strings.Join(account.PastDue, ", "))
	}
	due := slices.DeleteFunc(slices.Clone(account.CurrentlyDue), func(name string) bool { return slices.Contains(account.PastDue, name) })
	if len(due) > 0 {
		text := "due: " + strings.Join(due, ", ")
		if !account.DueBy.IsZero() {
			text += ", before " + account.DueBy.Format("2006-01-02")
		}
		s.add(stepOpen, "requirements", "%s; tell Stripe in its dashboard", text)
	}
}

// ensureEndpoint makes the endpoint of the URL, or corrects it.
func (s *stripeSetup) ensureEndpoint(ctx context.Context) error {
	all, err := retryOutcome(ctx, func() ([]stripeapi.WebhookEndpoint, error) { return s.stripe.WebhookEndpoints(ctx) })
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(all, func(e stripeapi.WebhookEndpoint) bool { return e.URL != s.url })
	if len(found) == 0 {
		return s.createEndpoint(ctx)
	}
	for _, one := range found[1:] {
		s.add(stepOpen, "webhook endpoint", "%s has the same URL: each event arrives twice, which is harmless; delete one of them", one.ID)
	}
	return s.correctEndpoint(ctx, found[0])
}

func (s *stripeSetup) createEndpoint(ctx context.Context) error {
	types := inbox.EndpointTypes()
	what := fmt.Sprintf("%s, API version %s, %d types of events", s.url, stripeapi.APIVersion, len(types))
	switch {
	case s.dryRun:
		s.add(stepPlanned, "webhook endpoint", "create %s", what)
		return nil
	case s.secretFile == "":
		s.add(stepOpen, "webhook endpoint", "not created, because its signing secret is shown only once: name a --secret-file")
		return nil
	}
	file, err := newSecretFile(s.secretFile)
	if err != nil {
		return err
	}
	key := stripeapi.NewWebhookEndpointKey()
	made, err := retryOutcome(ctx, func() (stripeapi.WebhookEndpoint, error) {
		return s.stripe.CreateWebhookEndpoint(ctx, key, s.url, types)
	})
	if err != nil {
		return errors.Join(err, file.Close(), os.Remove(s.secretFile)) // it is empty
	}
	s.add(stepDone, "webhook endpoint", "created %s: %s", made.ID, what)
	if err := writeSecret(file, made.Secret); err != nil {
		return fmt.Errorf("the endpoint %s was created and its secret could not be written: reveal it in Stripe's dashboard, Developers, "+
			"Webhooks: %w", made.ID, err)
	}
	s.add(stepDone, "signing secret", "written to %s: give it to the API as STRIPE_WEBHOOK_SECRET_FILE, and start the API again", s.secretFile)
	return nil
}

func (s *stripeSetup) correctEndpoint(ctx context.Context, known stripeapi.WebhookEndpoint) error {
	if known.APIVersion != stripeapi.APIVersion {
		version := known.APIVersion
		if version == "" {
			version = "the account's default"
		}
		s.add(stepOpen, "webhook endpoint", "%s has the API version %s instead of %s, which cannot be changed: delete it in Stripe's dashboard, "+
			"run this again, and let `starter reconcile` find what happened between", known.ID, version, stripeapi.APIVersion)
	}
	if err := s.correctTypes(ctx, known); err != nil {
		return err
	}
	if !s.hasSecret {
		s.add(stepOpen, "signing secret", "STRIPE_WEBHOOK_SECRET is not set: reveal the secret of %s in Stripe's dashboard, Developers, Webhooks",
			known.ID)
	}
	return nil
}

// correctTypes leaves types that Farebook does not act on: they are stored and acknowledged, and another program may rely on them.
func (s *stripeSetup) correctTypes(ctx context.Context, known stripeapi.WebhookEndpoint) error {
	var missing []string
	if !slices.Contains(known.Types, "*") {
		missing = slices.DeleteFunc(inbox.EndpointTypes(), func(name string) bool { return slices.Contains(known.Types, name) })
	}
	var changes []string
	if known.Disabled {
		changes = append(changes, "enable it")
	}
	if len(missing) > 0 {
		changes = append(changes, "add "+strings.Join(missing, ", "))
	}
	what := strings.Join(changes, "; ")
	switch {
	case what == "":
		s.add(stepOK, "webhook endpoint", "%s gets the events of %s", known.ID, s.url)
		return nil
	case s.dryRun:
		s.add(stepPlanned, "webhook endpoint", "%s: %s", known.ID, what)
		return nil
	}
	types := append(slices.Clone(known.Types), missing...)
	_, err := retryOutcome(ctx, func() (struct{}, error) {
		return struct{}{}, s.stripe.UpdateWebhookEndpoint(ctx, known.ID, types)
	})
	if err != nil {
		return err
	}
	s.add(stepDone, "webhook endpoint", "%s: %s", known.ID, what)
	return nil
}

// print writes the steps, and fails if something is left to do.
func (s *stripeSetup) print(out io.Writer) error {
	if len(s.steps) == 0 {
		return nil
	}
	t := newTable(out, "STATE", "SUBJECT", "")
	left := 0
	for _, step := range s.steps {
		if step.state == stepOpen || step.state == stepPlanned {
			left++
		}
		t.row(step.state, step.subject, step.text)
	}
	if err := t.flush(); err != nil {
		return err
	}
	return unfinished(left)
}
