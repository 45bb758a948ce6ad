package storm

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"farebook/internal/dev/fakestripe"
)

// truth is what Stripe knows of one PaymentIntent.
type truth struct {
	fakestripe.PaymentIntent

	returned int64 // in minor units: settled refunds and lost disputes
	disputed bool  // a formal dispute is open
}

func (s *System) truths() map[string]truth {
	all := map[string]truth{}
	for _, intent := range s.Stack.Stripe.PaymentIntents() {
		all[intent.ID] = truth{PaymentIntent: intent}
	}
	for _, refund := range s.Stack.Stripe.Refunds() {
		one := all[refund.PaymentIntent]
		if refund.Status == "succeeded" && !refund.Uncaptured {
			one.returned += refund.Amount
			all[refund.PaymentIntent] = one
		}
	}
	for _, dispute := range s.Stack.Stripe.Disputes() {
		one := all[dispute.PaymentIntent]
		switch dispute.Status {
		case "lost":
			one.returned += dispute.Amount
		case "needs_response", "under_review":
			one.disputed = true
		}
		all[dispute.PaymentIntent] = one
	}
	return all
}

// checkJournal checks promise 10: what was acknowledged is in the books, and is where Stripe's truth puts it.
func (s *System) checkJournal(ctx context.Context) error {
	answers, _ := s.Journal.Answers()
	stripe, refunds := s.truths(), s.refundsAtStripe()
	cancelled := acknowledged(answers, "/cancel", http.StatusOK)
	for _, answer := range answers {
		var err error
		switch {
		case isBooking(answer):
			err = s.checkBooking(ctx, answer, stripe, cancelled)
		case strings.HasSuffix(answer.Path, "/refunds") && answer.Status == http.StatusCreated:
			err = s.checkRefund(ctx, answer, refunds)
		case strings.HasSuffix(answer.Path, "/capture") && answer.Status == http.StatusOK:
			err = s.checkCapture(ctx, answer, stripe)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isBooking reports whether an answer acknowledges a booking or a further payment of one.
func isBooking(answer Answer) bool {
	return answer.Status == http.StatusCreated && (answer.Path == "/v1/bookings" || strings.HasSuffix(answer.Path, "/payments"))
}

// acknowledged are the references whose request with this suffix was answered with a status.
func acknowledged(answers []Answer, suffix string, status int) map[string]bool {
	references := map[string]bool{}
	for _, answer := range answers {
		if answer.Status == status && strings.HasSuffix(answer.Path, suffix) {
			references[referenceOf(answer.Path)] = true
		}
	}
	return references
}

// referenceOf is the reference in /v1/bookings/{reference}/...
func referenceOf(path string) string {
	parts := strings.Split(path, "/")
	return parts[min(3, len(parts)-1)]
}

func (s *System) checkBooking(ctx context.Context, answer Answer, stripe map[string]truth, cancelled map[string]bool) error {
	var promised, is booked
	if err := json.Unmarshal(answer.Body, &promised); err != nil {
		return err
	}
	read, found, err := s.answeredAtRest(ctx, answer.Actor, http.MethodGet, "/v1/bookings/"+promised.Reference, "", nil)
	if err != nil || !found {
		return err
	}
	if read.Status != http.StatusOK {
		s.violated("promise 10: booking %s was acknowledged, and GET answers %d", promised.Reference, read.Status)
		return nil
	}
	if err := json.Unmarshal(read.Body, &is); err != nil {
		return err
	}
	if is.Payment.PaymentIntentID != promised.Payment.PaymentIntentID {
		s.violated("promise 10: booking %s was acknowledged with %s and has %s", promised.Reference, promised.Payment.PaymentIntentID,
			is.Payment.PaymentIntentID)
	}
	known, found := stripe[promised.Payment.PaymentIntentID]
	if !found {
		s.violated("promise 10: booking %s was acknowledged with %s, which Stripe does not have", promised.Reference,
			promised.Payment.PaymentIntentID)
		return nil
	}
	if allowed := statuses(known); !slices.Contains(allowed, is.Status) {
		s.violated("booking %s is %s; by Stripe's truth (%s, received %d, returned %d, disputed %t) it should be one of %v",
			promised.Reference, is.Status, known.Status, known.AmountReceived, known.returned, known.disputed, allowed)
	}
	if cancelled[promised.Reference] && (is.Status == "pending_payment" || is.Status == "confirmed") {
		s.violated("promise 10: booking %s was cancelled and is %s", promised.Reference, is.Status)
	}
	return nil
}

// statuses are those that a booking at rest may have by Stripe's truth. One that ended before its money came stays as it ended, and the
// money goes back: promise 7, which SQL checks.
func statuses(known truth) []string {
	switch {
	case known.Status == "processing" || known.Status == "requires_capture":
		return []string{"pending_payment", "cancelled", "expired"}
	case known.Status != "succeeded":
		return []string{"expired", "cancelled"}
	case known.disputed:
		return []string{"disputed", "expired", "cancelled"}
	case known.returned >= known.AmountReceived:
		return []string{"refunded", "expired", "cancelled"}
	case known.returned > 0:
		return []string{"partially_refunded", "expired", "cancelled"}
	default:
		return []string{"confirmed", "cancelled", "expired"}
	}
}

// refundsAtStripe are Farebook's ids of the refunds that Stripe has.
func (s *System) refundsAtStripe() map[string]bool {
	ids := map[string]bool{}
	for _, refund := range s.Stack.Stripe.Refunds() {
		ids[refund.Metadata["refund_id"]] = true
	}
	return ids
}

func (s *System) checkRefund(ctx context.Context, answer Answer, atStripe map[string]bool) error {
	var promised struct{ ID string }
	if err := json.Unmarshal(answer.Body, &promised); err != nil {
		return err
	}
	var status, failure string
	err := s.Root.QueryRowContext(ctx, "SELECT status, failure_reason FROM refunds WHERE refund_id = ?", promised.ID).Scan(&status, &failure)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		s.violated("promise 10: refund %s of %s was acknowledged, and the books do not have it", promised.ID, referenceOf(answer.Path))
		return nil
	case err != nil:
		return err
	}
	if !atStripe[promised.ID] && status != "failed" && status != "abandoned" {
		s.violated("promise 10: refund %s was acknowledged, is %s (%s), and Stripe does not have it", promised.ID, status, failure)
	}
	return nil
}

func (s *System) checkCapture(ctx context.Context, answer Answer, stripe map[string]truth) error {
	var intent string
	err := s.Root.QueryRowContext(ctx, `SELECT p.stripe_payment_intent_id FROM payments p JOIN bookings b ON b.id = p.booking_id
		WHERE b.reference = ?`, referenceOf(answer.Path)).Scan(&intent)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		s.violated("promise 10: the capture of %s was acknowledged, and the books have no payment of it", referenceOf(answer.Path))
		return nil
	case err != nil:
		return err
	}
	if stripe[intent].Status != "succeeded" {
		s.violated("promise 10: the capture of %s was acknowledged, and Stripe has it as %s", referenceOf(answer.Path), stripe[intent].Status)
	}
	return nil
}

// checkReplays checks promise 11: each acknowledged request, sent again under its key, has the same answer, and no effect.
func (s *System) checkReplays(ctx context.Context) error {
	answers, _ := s.Journal.Answers()
	intents, refunds := len(s.Stack.Stripe.PaymentIntents()), len(s.Stack.Stripe.Refunds())
	for _, before := range answers {
		if before.Status >= http.StatusBadRequest || !kept(before) {
			continue
		}
		now, found, err := s.answeredAtRest(ctx, before.Actor, before.Method, before.Path, before.Key, before.Request)
		if err != nil {
			return err
		}
		if found && (now.Status != before.Status || sameButLinks(now.Body) != sameButLinks(before.Body)) {
			s.violated("promise 11: POST %s under key %s was answered %d (%d bytes), and now %d (%d bytes): %s", before.Path, before.Key,
				before.Status, len(before.Body), now.Status, len(now.Body), differing(before.Body, now.Body))
		}
	}
	if now := len(s.Stack.Stripe.PaymentIntents()); now != intents {
		s.violated("promise 11: requests sent again have made %d PaymentIntents", now-intents)
	}
	if now := len(s.Stack.Stripe.Refunds()); now != refunds {
		s.violated("promise 11: requests sent again have made %d refunds", now-refunds)
	}
	return nil
}

// kept reports whether the API keeps the answer to a request under its key. What the staff does to an object is answered with its present
// state, and a secret is given once.
func kept(answer Answer) bool {
	if isStaff(answer.Actor) {
		return answer.Path == "/v1/proposals" || strings.HasSuffix(answer.Path, "/comments")
	}
	return answer.Actor != administrator
}

// differing names the top-level fields in which two answers differ, without their values: one may be a client secret.
func differing(before, now []byte) string {
	var a, b map[string]json.RawMessage
	if json.Unmarshal(before, &a) != nil || json.Unmarshal(now, &b) != nil {
		return "not JSON objects"
	}
	var names []string
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return "they differ in " + strings.Join(names, ", ")
}
