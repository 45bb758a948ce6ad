// Package proposal sends what somebody has proposed, for the API and for commands. It imports internal/stripeapi, internal/tracing,
// starter/recon, store and its packages, and access.
package proposal

import (
	"context"

	"farebook/access"
	"farebook/internal/stripeapi"
	"farebook/internal/tracing"
	"farebook/starter/recon"
	"farebook/store"
	"farebook/store/proposals"
)

// Sender sends proposals.
type Sender struct {
	Books                          *store.Store
	Stripe                         *stripeapi.Client
	RefundLimits, CorrectionLimits access.Limits
}

// Send reads at Stripe what a correction is about, then reserves the refund or posts the correction. The caller starts the workflow of a
// refund. Errors: those of Proposals.Send.
func (s Sender) Send(ctx context.Context, code string, by access.Actor) (proposals.Proposal, error) {
	kept := proposals.New(s.Books)
	known, err := kept.Proposal(ctx, code)
	if err != nil {
		return proposals.Proposal{}, err
	}
	in := proposals.Sending{
		Code: code, By: by, RefundLimits: s.RefundLimits, CorrectionLimits: s.CorrectionLimits, TraceParent: tracing.Parent(ctx),
	}
	if known.Kind == proposals.KindCorrection && known.State == proposals.Proposed {
		if in.There, err = recon.BalanceTransaction(ctx, s.Books, s.Stripe, known.ItemID); err != nil {
			return proposals.Proposal{}, err
		}
	}
	return kept.Send(ctx, in)
}
