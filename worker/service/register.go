package service

import (
	"log/slog"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/fence"
	"farebook/internal/config"
	"farebook/internal/mail"
	"farebook/internal/metrics"
	"farebook/internal/outbound"
	"farebook/internal/stripeapi"
	"farebook/store"
	"farebook/store/privacy"
	"farebook/store/recon"
	"farebook/workflows"
)

// Activities are all activities of the workflows.
type Activities struct {
	Payments *activities.Payments
	Refunds  *activities.Refunds
	Disputes *activities.Disputes
	Payouts  *activities.Payouts
	Emails   *activities.Emails
	Inbox    *activities.Inbox

	AccountFees     *activities.AccountFees
	Unbooked        *activities.Unbooked
	Seals           *activities.Seals
	Retention       *activities.Retention
	Webhooks        *activities.Webhooks
	Reconciliations *activities.Reconciliations

	// Restores guards the Stripe client of all activities.
	Restores *fence.Watch
}

// Measures are where activities count what they do; nil for nowhere.
type Measures struct {
	Stripe stripeapi.Observer
	Emails *metrics.Emails
	// Retention counts what is emptied.
	Retention *metrics.Retention
	Webhooks  *metrics.Webhooks
}

// NewActivities builds the activities of a process and what they need.
func NewActivities(cfg config.Config, books *store.Store, measures Measures, log *slog.Logger) (Activities, error) {
	restores := &fence.Watch{Store: books, Every: cfg.FenceLook, Reason: cfg.Fence, Log: log}
	calls := cfg.StripeAPI(log)
	calls.Guard, calls.Observer = restores.Guard, measures.Stripe
	restores.Stripe = stripeapi.New(calls)
	return activitiesWith(cfg, books, restores, measures, log)
}

// activitiesWith builds activities on the Stripe client of restores, whose rate limit is that of the process.
func activitiesWith(cfg config.Config, books *store.Store, restores *fence.Watch, measures Measures, log *slog.Logger,
) (Activities, error) {
	smtp := cfg.SMTP
	smtp.PasswordNow = cfg.SMTPPassword
	sender, err := mail.NewSender(smtp)
	if err != nil {
		return Activities{}, err
	}
	stripe := restores.Stripe
	unbooked := &activities.Unbooked{Stripe: stripe, Store: books, Others: cfg.Reconcile.Others, Log: log}
	return Activities{
		Restores: restores,
		Payments: &activities.Payments{Stripe: stripe, Store: books, Policy: cfg.RefundPolicy, ListLag: cfg.Stripe.ListLag, Log: log},
		Refunds:  &activities.Refunds{Stripe: stripe, Store: books, ListLag: cfg.Stripe.ListLag, Log: log},
		Disputes: &activities.Disputes{Stripe: stripe, Store: books, Log: log},
		Payouts:  &activities.Payouts{Stripe: stripe, Store: books, Unbooked: unbooked, Log: log},
		Emails: &activities.Emails{
			Store: books, Sender: sender, Finance: cfg.FinanceEmail, PayLinks: cfg.PayLinks(), Metrics: measures.Emails, Log: log,
		},
		Inbox:       &activities.Inbox{Store: books, Log: log},
		AccountFees: &activities.AccountFees{Stripe: stripe, Store: books, Log: log},
		Reconciliations: &activities.Reconciliations{
			Stripe: stripe, Store: books, Runs: recon.New(books), Lag: cfg.Reconcile.Lag, Tolerance: cfg.Reconcile.Tolerance,
			CallsPerSecond: cfg.Reconcile.CallsPerSecond, Heal: cfg.Reconcile.Heal, Unbooked: unbooked, Log: log,
		},
		Unbooked: unbooked,
		Seals:    &activities.Seals{Store: books, Key: cfg.SealKey, Log: log},
		Retention: &activities.Retention{
			Store: books, Books: privacy.New(books), Periods: cfg.Retention, Metrics: measures.Retention, Log: log,
		},
		Webhooks: &activities.Webhooks{
			Store: books, Sender: outbound.NewSender(outbound.NewGuard(cfg.WebhookLoopback)), Keys: cfg.WebhookKeys, Metrics: measures.Webhooks,
			Log: log,
		},
	}, nil
}

// Registry registers workflows and activities; a worker or a test environment.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// Register registers all workflows and activities.
func Register(r Registry, a Activities) {
	for name, run := range workflows.ByType() {
		r.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: name, VersioningBehavior: workflows.VersioningOf(name)})
	}
	for _, group := range []any{
		a.Payments, a.Refunds, a.Disputes, a.Payouts, a.Emails, a.Inbox, a.AccountFees, a.Unbooked, a.Reconciliations,
		a.Seals, a.Retention, a.Webhooks,
	} {
		r.RegisterActivityWithOptions(group, activity.RegisterOptions{})
	}
}
