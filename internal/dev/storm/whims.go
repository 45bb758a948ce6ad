package storm

import (
	"context"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"farebook/internal/wait"
)

// whims are what banks, cardholders and people in Stripe's dashboard do, unasked. Moves that the state of an object does not allow are
// refused by the stand-in and change nothing.
func (s *System) whims(storm context.Context, seed uint64) {
	draw := rand.New(rand.NewPCG(seed, 1<<32))
	moves := []func(*rand.Rand){
		s.bankOnRefund, s.bankOnDispute, s.bankOnPayout, s.bankOnAction, s.refundByHand, s.disputed, s.paidOut, s.payoutByHand(storm),
	}
	for storm.Err() == nil {
		moves[draw.IntN(len(moves))](draw)
		_ = wait.For(storm, time.Duration(draw.Int64N(int64(1500*time.Millisecond)))) // ended by the storm's end
	}
}

func (s *System) bankOnRefund(draw *rand.Rand) {
	refunds := s.Stack.Stripe.Refunds()
	if len(refunds) == 0 {
		return
	}
	id := refunds[draw.IntN(len(refunds))].ID
	switch draw.IntN(5) {
	case 0:
		_ = s.Stack.Stripe.FailRefund(id, "expired_or_canceled_card")
	case 1:
		_ = s.Stack.Stripe.RequireRefundAction(id)
	default:
		_ = s.Stack.Stripe.SettleRefund(id)
	}
}

func (s *System) bankOnDispute(draw *rand.Rand) {
	disputes := s.Stack.Stripe.Disputes()
	if len(disputes) == 0 {
		return
	}
	one := disputes[draw.IntN(len(disputes))]
	next := pick(draw, "under_review", "won", "lost")
	if strings.HasPrefix(one.Status, "warning_") {
		next = pick(draw, "warning_under_review", "warning_closed", "needs_response")
	}
	if one.Status != "won" && one.Status != "lost" && one.Status != "warning_closed" {
		_ = s.Stack.Stripe.MoveDispute(one.ID, next)
	}
}

func (s *System) bankOnPayout(draw *rand.Rand) {
	if payouts := s.Stack.Stripe.Payouts(); len(payouts) > 0 {
		_ = s.Stack.Stripe.MovePayout(payouts[draw.IntN(len(payouts))].ID, pick(draw, "in_transit", "paid", "paid", "failed"))
	}
}

// bankOnAction ends a 3-D Secure authentication.
func (s *System) bankOnAction(draw *rand.Rand) {
	if id, found := s.anyIntent(draw.Uint64()); found {
		if draw.IntN(3) == 0 {
			_ = s.Stack.Stripe.FailAction(id)
		} else {
			_ = s.Stack.Stripe.CompleteAction(id)
		}
	}
}

func (s *System) refundByHand(draw *rand.Rand) {
	if id, found := s.anyIntent(draw.Uint64()); found {
		_, _ = s.Stack.Stripe.RefundInDashboard(id, 700)
	}
}

func (s *System) disputed(draw *rand.Rand) {
	if id, found := s.anyIntent(draw.Uint64()); found {
		_, _ = s.Stack.Stripe.Dispute(id, pick[int64](draw, 0, 5000), "fraudulent")
	}
}

func (s *System) paidOut(draw *rand.Rand) {
	s.Stack.Stripe.SettleFunds()
	_, _ = s.Stack.Stripe.PayOut(strings.ToLower(currencies[draw.IntN(len(currencies))]))
}

func (s *System) payoutByHand(ctx context.Context) func(*rand.Rand) {
	return func(draw *rand.Rand) {
		currency := strings.ToLower(currencies[draw.IntN(len(currencies))])
		_ = s.toStripe(ctx, "/v1/payouts", url.Values{"amount": {"1000"}, "currency": {currency}})
	}
}
