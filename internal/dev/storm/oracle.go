package storm

import (
	"context"
	"errors"
	"time"

	"farebook/internal/dev/promises"
	"farebook/internal/wait"
)

// lookInterval is how often the promises that hold at every moment are proven during the storm.
const lookInterval = 10 * time.Second

// watch proves the promises of the books again and again until the storm ends. A proof that finds no database proves nothing, and is no
// violation; it returns how many proofs there were.
func (s *System) watch(storm context.Context) (proofs int) {
	for wait.For(storm, lookInterval) == nil {
		s.collectMails()
		if s.checkBooks(storm, "during the storm, ") == nil {
			proofs++
		}
	}
	return proofs
}

// checkBooks proves the promises that `starter verify --whole` proves.
func (s *System) checkBooks(ctx context.Context, when string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return s.found(when)(s.promises().BooksHold(ctx))
}

func (s *System) promises() promises.Checker {
	return promises.Checker{Stripe: s.Stack.Stripe, Books: s.Books, SQL: s.Root}
}

// found notes broken promises.
func (s *System) found(when string) func(broken []string, err error) error {
	return func(broken []string, err error) error {
		for _, sentence := range broken {
			s.violated("%s%s", when, sentence)
		}
		return err
	}
}

// Check holds the system at rest against every promise. What it finds is in Violations; an error says that it could not look.
func (s *System) Check(ctx context.Context) (Findings, error) {
	var found Findings
	var err error
	if found.Open, err = s.checkWorkflows(ctx); err != nil {
		return found, err
	}
	for _, check := range []func(context.Context) error{
		func(ctx context.Context) error { return s.found("")(s.promises().All(ctx)) },
		func(ctx context.Context) error { return s.found("")(s.promises().EachPaymentKnown(ctx)) },
		s.checkJournal, s.checkStaff, s.checkReplays,
		func(ctx context.Context) (err error) { found.Mails, found.Doubled, err = s.checkMails(ctx); return err },
		func(ctx context.Context) (err error) {
			found.Webhooks, found.WebhooksDoubled, err = s.checkDeliveries(ctx)
			return err
		},
		s.checkPayloads, s.checkLinks, // after the links of answers that were repeated, and of emails
		s.checkHledger, s.keepAnswers,
	} {
		err = errors.Join(err, check(ctx))
	}
	return found, err
}

// Findings are the figures of a check beside the violations.
type Findings struct {
	Open           map[string]int // workflows that wait for a bank, an operator or a date, by type
	Mails, Doubled int            // emails in the mailbox, and how many of them came more than once
	// Webhooks to the client's endpoint, and how many of them came more than once.
	Webhooks, WebhooksDoubled int
}
