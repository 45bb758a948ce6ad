package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"farebook/internal/clock"
	"farebook/internal/dev/devstack"
	"farebook/store"
)

// demo runs stories on a stack and records them for the tables at the end.
type demo struct {
	stack *devstack.Stack
	store *store.Store
	told  []*story
	begun int
}

// story is one booking and its expected end.
type story struct {
	title     string
	reference string
	intent    string
	want      string // the booking's final status
	mails     []string
}

func newDemo(ctx context.Context, stack *devstack.Stack) (*demo, error) {
	books, err := store.Open(ctx, stack.AppDSN(), clock.System{}, slog.New(slog.DiscardHandler))
	return &demo{stack: stack, store: books}, err
}

func (d *demo) run(ctx context.Context) error {
	for _, scene := range []func(context.Context) error{
		d.paid, d.declinedThenPaid, d.expired, d.cancelled, d.refunded, d.cancelledAfterPayment, d.capturedInPart, d.temporalLost, d.disputed,
		d.paidOut, d.metadataEdited, d.unknownDispute, d.connectedAccount, d.reconciled, d.sealed,
	} {
		if err := scene(ctx); err != nil {
			return err
		}
	}
	if err := d.awaitMails(ctx); err != nil {
		return err
	}
	if err := d.showLedger(ctx); err != nil {
		return err
	}
	d.showMails()
	return errors.Join(d.close(ctx), d.verify(ctx))
}

func (d *demo) paid(ctx context.Context) error {
	s, err := d.book(ctx, "A booking, paid by card", "en", 30, "confirmed", "booking_confirmed")
	if err != nil {
		return err
	}
	if err := d.again(ctx, s, "the same request with the same Idempotency-Key"); err != nil {
		return err
	}
	if err := d.rotateKey(ctx); err != nil {
		return err
	}
	if err := d.again(ctx, s, "the same request with the new API key"); err != nil {
		return err
	}
	if err := d.pay(ctx, s, "pm_card_visa", http.StatusOK); err != nil {
		return err
	}
	return d.await(ctx, s)
}

func (d *demo) declinedThenPaid(ctx context.Context) error {
	s, err := d.book(ctx, "A declined card, then a good one", "ar", 30, "confirmed", "decline", "booking_confirmed")
	if err != nil {
		return err
	}
	if err := d.pay(ctx, s, "pm_card_visa_chargeDeclinedInsufficientFunds", http.StatusPaymentRequired); err != nil {
		return err
	}
	if err := d.awaitPayment(ctx, s, "failed"); err != nil {
		return err
	}
	if err := d.pay(ctx, s, "pm_card_mastercard", http.StatusOK); err != nil {
		return err
	}
	return d.await(ctx, s)
}

func (d *demo) expired(ctx context.Context) error {
	s, err := d.book(ctx, "A hold that ends unpaid (its minute lasts four seconds here)", "en", 1, "expired", "hold_expired")
	if err != nil {
		return err
	}
	if err := d.await(ctx, s); err != nil {
		return err
	}
	return d.pay(ctx, s, "pm_card_visa", http.StatusBadRequest)
}

func (d *demo) cancelled(ctx context.Context) error {
	s, err := d.book(ctx, "A booking cancelled before payment", "ar", 30, "cancelled", "booking_cancelled")
	if err != nil {
		return err
	}
	status, body, err := d.call(ctx, http.MethodPost, "/v1/bookings/"+s.reference+"/cancel", "", nil)
	if err != nil {
		return err
	}
	step("POST /v1/bookings/%s/cancel → %d", s.reference, status)
	if status != http.StatusOK {
		return fmt.Errorf("the cancellation: unexpected status %d: %s", status, body)
	}
	return d.await(ctx, s)
}

// bookAndPay begins a story with a booking, pays it with one of Stripe's test cards, and waits for the status want.
func (d *demo) bookAndPay(ctx context.Context, title, locale, card, want string, mails ...string) (*story, error) {
	s, err := d.book(ctx, title, locale, 30, want, mails...)
	if err != nil {
		return nil, err
	}
	if err := d.pay(ctx, s, card, http.StatusOK); err != nil {
		return nil, err
	}
	return s, d.await(ctx, s)
}

// await waits until the booking has the expected status.
func (d *demo) await(ctx context.Context, s *story) error {
	began := time.Now()
	if err := until(ctx, func() (bool, error) {
		booked, err := d.read(ctx, s.reference)
		return booked.Status == s.want, err
	}); err != nil {
		return fmt.Errorf("booking %s did not become %s: %w", s.reference, s.want, err)
	}
	step("the booking is %s (%d ms later)", s.want, time.Since(began).Milliseconds())
	return nil
}

func (d *demo) awaitPayment(ctx context.Context, s *story, want string) error {
	if err := until(ctx, func() (bool, error) {
		booked, err := d.read(ctx, s.reference)
		return booked.Payment.Status == want, err
	}); err != nil {
		return fmt.Errorf("the payment of %s did not become %s: %w", s.reference, want, err)
	}
	step("the payment is %s, the booking still payable", want)
	return nil
}

// until polls a condition until it holds or the context ends.
func until(ctx context.Context, done func() (bool, error)) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// begin prints the number and title of the next story.
func (d *demo) begin(title string) {
	d.begun++
	fmt.Printf("\n%d. %s\n", d.begun, title)
}

func step(format string, args ...any) { fmt.Printf("   · "+format+"\n", args...) }
