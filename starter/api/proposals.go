package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/starter/dispatch"
	"farebook/starter/proposal"
	"farebook/starter/view"
	"farebook/store"
	"farebook/store/proposals"
	"farebook/validation"
)

const (
	proposalsPath    = "/v1/proposals"
	proposalPath     = proposalsPath + "/{code}"
	sendPath         = proposalPath + "/send"
	declinePath      = proposalPath + "/decline"
	withdrawPath     = proposalPath + "/withdraw"
	operationPropose = "create-proposal"
)

func (a *api) addProposals(spec huma.API) {
	read := func(operation huma.Operation) huma.Operation {
		operation.Method, operation.Tags = http.MethodGet, []string{operationsTag}
		return a.guard(spec, operation, access.OperationsRead, access.FinanceRead)
	}
	act := func(operation huma.Operation, anyOf ...access.Scope) huma.Operation {
		operation.Tags = []string{operationsTag}
		return a.actionBy(spec, operation, anyOf...)
	}
	register(a, spec, read(huma.Operation{
		OperationID: "list-proposals", Path: proposalsPath, Summary: "List proposals", Description: "Newest first.", Errors: []int{404, 422},
	}), a.listProposals)
	register(a, spec, read(huma.Operation{
		OperationID: "get-proposal", Path: proposalPath, Summary: "Read a proposal", Errors: []int{404},
	}), a.getProposal)
	register(a, spec, act(huma.Operation{
		OperationID: operationPropose, Path: proposalsPath, Summary: "Propose a refund or a correction", DefaultStatus: http.StatusCreated,
		Description: "For what is above the limit of a role (the problem `above-limit`): nothing moves until somebody else sends it. It is checked " +
			"now, and again when it is sent.",
		Parameters: keyParameter(true), RequestBody: &huma.RequestBody{Required: true},
	}, access.OperationsWrite), a.propose)
	register(a, spec, a.movesMoney(spec, act(huma.Operation{
		OperationID: "send-proposal", Path: sendPath, Summary: "Send what somebody else has proposed",
		Description: "Creates the refund, or posts the correction, once, within the limits of who sends. " + twoOperators + " A proposal that " +
			"does not fit any more is refused and stays open; it shows why as `refusal`.",
	}, access.FinanceWrite)), a.sendProposal)
	register(a, spec, act(huma.Operation{
		OperationID: "decline-proposal", Path: declinePath, Summary: "Decline what somebody else has proposed",
		RequestBody: &huma.RequestBody{Required: true},
	}, access.FinanceWrite), a.declineProposal)
	register(a, spec, act(huma.Operation{
		OperationID: "withdraw-proposal", Path: withdrawPath, Summary: "Withdraw what one has proposed",
		RequestBody: &huma.RequestBody{Required: true},
	}, access.OperationsWrite, access.FinanceWrite), a.withdrawProposal)
}

type listProposalsInput struct {
	PageInput
	State   string `query:"state" enum:"proposed,sent,declined,withdrawn"`
	Booking string `query:"booking" doc:"Only proposals about the booking with this reference."`
}

type listProposalsOutput struct {
	Body struct {
		Proposals []view.MoneyProposal `json:"proposals" nullable:"false"`
		PageEnd
	}
}

func (a *api) listProposals(ctx context.Context, in *listProposalsInput) (*listProposalsOutput, error) {
	page, err := a.pageFor(ctx, "list-proposals", in.PageInput, []string{in.State, in.Booking})
	if err != nil {
		return nil, err
	}
	filter := proposals.Filter{State: proposals.State(in.State), Before: page.After.ID, Limit: page.readLimit()}
	if in.Booking != "" {
		known, err := a.booking(ctx, in.Booking, access.OperationsRead)
		if err != nil {
			return nil, err
		}
		filter.BookingID = known.ID
	}
	found, err := proposals.New(a.Store).ListProposals(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := &listProposalsOutput{}
	out.Body.Proposals, out.Body.PageEnd = pageOf(found, page, shownTo(ctx), func(p proposals.Proposal) uint64 { return p.ID })
	return out, nil
}

// shownTo shows a proposal to the caller.
func shownTo(ctx context.Context) func(proposals.Proposal) view.MoneyProposal {
	return func(p proposals.Proposal) view.MoneyProposal { return view.MoneyProposalOf(p, actorOf(ctx)) }
}

type proposalInput struct {
	Code string `path:"code" doc:"The proposal's code." example:"pr_7K2M9QXA4T"`
}

type proposalOutput struct{ Body view.MoneyProposal }

func (a *api) getProposal(ctx context.Context, in *proposalInput) (*proposalOutput, error) {
	known, err := a.proposal(ctx, in.Code)
	return &proposalOutput{shownTo(ctx)(known)}, err
}

// proposal reads a proposal. A code that cannot be one gets the answer of one that nobody has.
func (a *api) proposal(ctx context.Context, code string) (proposals.Proposal, error) {
	if !access.IsProposalCode(code) {
		return proposals.Proposal{}, errNoSuchProposal
	}
	known, err := proposals.New(a.Store).Proposal(ctx, code)
	return known, orMissing(err, errNoSuchProposal)
}

// proposalBody documents the request; decode_proposals.go reads it.
type proposalBody struct {
	Kind    string      `json:"kind" enum:"refund,correction"`
	Booking string      `json:"booking,omitempty" doc:"The booking of a refund." example:"FB-7K2M9QXA"`
	Amount  *amountBody `json:"amount,omitempty" doc:"Of a refund."`
	Reason  string      `json:"reason,omitempty" enum:"requested_by_customer,duplicate,fraudulent" default:"requested_by_customer" doc:"Of a refund."`
	Item    uint64      `json:"item,omitempty" minimum:"1" doc:"The reconciliation item of a correction; instead of booking, amount and reason." example:"7"`
	Account string      `json:"account,omitempty" default:"equity:suspense" doc:"The account of the other side of a correction."`
	Note    string      `json:"note" minLength:"1" maxLength:"500" doc:"Why." example:"the airline cancelled the flight"`
}

// proposalRequest is the decoded body.
type proposalRequest struct {
	Kind    proposals.Kind       `json:"kind"`
	Booking string               `json:"booking,omitempty"`
	Amount  money.Money          `json:"amount"`
	Reason  booking.RefundReason `json:"reason,omitempty"`
	Item    uint64               `json:"item,omitempty"`
	Account ledger.Account       `json:"account,omitempty"`
	Note    string               `json:"note"`
}

func (a *api) propose(ctx context.Context, in *bodyInput) (*created[view.MoneyProposal], error) {
	request, err := decodeProposal(in.RawBody)
	if err != nil {
		return nil, err
	}
	proposed := proposals.NewProposal{
		Kind: request.Kind, Refund: booking.RefundRequest{Amount: request.Amount.Value, Reason: request.Reason, Note: request.Note},
		ItemID: request.Item, Against: request.Account, Note: request.Note, By: actorOf(ctx),
	}
	missing := errNoSuchItem
	if request.Kind == proposals.KindRefund {
		known, err := a.changeable(ctx, request.Booking)
		if err != nil {
			return nil, err
		}
		if request.Amount.Currency != known.Amount.Currency {
			return nil, validation.FieldErrors{{
				Field: "amount.currency", Problem: "is not the payment's currency", Fix: "send " + string(known.Amount.Currency),
			}}
		}
		proposed.Reference, missing = known.Reference, errNoSuchBooking
		ctx = withBooking(ctx, known)
	}
	out, err := idempotent(ctx, a, idempotentRequest[view.MoneyProposal]{
		operation: operationPropose, body: request, status: http.StatusCreated, points: actionPoints,
		claim: func(ctx context.Context, key store.IdempotencyKey) (store.Claim, error) {
			proposed.Key = key
			claim, err := proposals.New(a.Store).Propose(ctx, proposed)
			return claim, orMissing(err, missing)
		},
		work: func(ctx context.Context, code string) (view.MoneyProposal, error) {
			known, err := a.proposal(ctx, code)
			return shownTo(ctx)(known), err
		},
	})
	if err != nil {
		return nil, err
	}
	return out.at(proposalsPath + "/" + out.Body.Code), nil
}

type decideProposalInput struct {
	Code    string `path:"code" doc:"The proposal's code." example:"pr_7K2M9QXA4T"`
	RawBody []byte `contentType:"application/json"`
}

// sendProposal has the proposal and what it becomes in one transaction. A repetition finds it sent by the same operator, and starts the
// workflow of its refund if the first attempt did not.
func (a *api) sendProposal(ctx context.Context, in *decideProposalInput) (*replayable[view.MoneyProposal], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	return a.decideProposal(ctx, "send-proposal", in.Code, nil, func(ctx context.Context) (proposals.Proposal, error) {
		sender := proposal.Sender{Books: a.Store, Stripe: a.Stripe, RefundLimits: a.RefundLimits, CorrectionLimits: a.CorrectionLimits}
		sent, err := sender.Send(ctx, in.Code, actorOf(ctx))
		if err != nil || sent.RefundID == "" {
			return sent, err
		}
		refund, err := a.Store.Refund(ctx, sent.RefundID)
		if err != nil {
			return sent, err
		}
		return sent, needsWorkflow("", a.Dispatch.StartRefund(ctx, dispatch.RefundSubjectOf(refund)))
	})
}

func (a *api) declineProposal(ctx context.Context, in *decideProposalInput) (*replayable[view.MoneyProposal], error) {
	return a.endProposal(ctx, "decline-proposal", in, (*proposals.Proposals).Decline)
}

func (a *api) withdrawProposal(ctx context.Context, in *decideProposalInput) (*replayable[view.MoneyProposal], error) {
	return a.endProposal(ctx, "withdraw-proposal", in, (*proposals.Proposals).Withdraw)
}

func (a *api) endProposal(ctx context.Context, operation string, in *decideProposalInput,
	end func(*proposals.Proposals, context.Context, string, string, access.Actor) (proposals.Proposal, error),
) (*replayable[view.MoneyProposal], error) {
	note, err := decodeOperatorNote(in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.decideProposal(ctx, operation, in.Code, note, func(ctx context.Context) (proposals.Proposal, error) {
		return end(proposals.New(a.Store), ctx, in.Code, note, actorOf(ctx))
	})
}

// decideProposal has a decision written, with its audit entry in the same transaction.
func (a *api) decideProposal(ctx context.Context, operation, code string, body any,
	decide func(context.Context) (proposals.Proposal, error),
) (*replayable[view.MoneyProposal], error) {
	if _, err := a.proposal(ctx, code); err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[view.MoneyProposal]{
		operation: operation, subject: code, body: body, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation(code, store.AuditEntry{}),
		work: func(ctx context.Context, _ string) (view.MoneyProposal, error) {
			decided, err := decide(ctx)
			return shownTo(ctx)(decided), err
		},
	})
}

// aboveLimit names the limit and what is left of it. The amounts are minor units.
func aboveLimit(err error) []*huma.ErrorDetail {
	var above *access.AboveLimitError
	if !errors.As(err, &above) {
		return nil
	}
	return []*huma.ErrorDetail{{
		Location: "body.amount.value", Message: "is above the limit of your role",
		Value: limitValue{
			Role: string(above.Role), Currency: string(above.Asked.Currency), Asked: above.Asked.Value, Action: above.Limit.Action,
			Day: above.Limit.Day, Left: above.Left().Value,
		},
	}}
}

type limitValue struct {
	Role     string `json:"role"`
	Currency string `json:"currency"`
	Asked    int64  `json:"asked"`
	Action   int64  `json:"action"`
	Day      int64  `json:"day"`
	Left     int64  `json:"left"`
}
