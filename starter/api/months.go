package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"farebook/access"
	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/starter/view"
	"farebook/store"
	"farebook/store/monthend"
)

const (
	periodsPath       = ledgerPath + "/periods"
	closeMonthPath    = periodsPath + "/{month}/close"
	approveClosePath  = closeMonthPath + "/approve"
	reopenMonthPath   = periodsPath + "/{month}/reopen"
	approveReopenPath = reopenMonthPath + "/approve"
)

// twoOperators is said of each approval.
const twoOperators = "The keys of one client are one operator, who cannot approve what they have proposed: give each operator a client."

func (a *api) addMonths(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "list-periods", Method: http.MethodGet, Path: periodsPath, Tags: []string{ledgerTag},
		Summary: "List closes and reopenings of months",
		Description: "Newest first, with the first month that is open, and what waits for an approval. The last entry of a month says " +
			"whether it is closed.",
		Errors: []int{422},
	}, access.FinanceRead), a.listPeriods)
	registerMonth(a, spec, huma.Operation{
		OperationID: "close-period", Path: closeMonthPath, Summary: "Propose the close of a month",
		Description: "Checks what a month end needs and answers with each check and the trial balance. When nothing blocks the close, it is " +
			"proposed for another operator; otherwise nothing changes, and the problem `month-blocked` names what blocks it. `dryRun` only checks. " +
			"`notes` say why findings do not block the close.",
	}, a.closeMonth)
	registerMonth(a, spec, huma.Operation{
		OperationID: "approve-close", Path: approveClosePath, Summary: "Approve the close of a month",
		Description: "Closes the month with the trial balance that was proposed. From then on the month does not change. " + twoOperators,
	}, a.approveClose)
	registerMonth(a, spec, huma.Operation{
		OperationID: "reopen-period", Path: reopenMonthPath, Summary: "Propose to reopen the last closed month",
		RequestBody: &huma.RequestBody{Required: true},
	}, a.reopenMonth)
	registerMonth(a, spec, huma.Operation{
		OperationID: "approve-reopen", Path: approveReopenPath, Summary: "Approve the reopening of a month",
		Description: "Its close stays in the books, and the month is closed again with what is posted meanwhile. " + twoOperators,
	}, a.approveReopen)
}

type periodsOutput struct {
	Body struct {
		FirstOpen string          `json:"firstOpen,omitempty" doc:"The first month that is open. Absent while no month was closed." example:"2026-12"`
		TimeZone  string          `json:"timeZone" doc:"The time zone of the books." example:"UTC"`
		Proposals []view.Proposal `json:"proposals" nullable:"false" doc:"What waits for another operator, the oldest first; at most 50."`
		Closings  []view.Closing  `json:"closings" nullable:"false"`
		PageEnd
	}
}

// maxProposals bounds the proposals of an answer: there are some a month.
const maxProposals = 50

func (a *api) listPeriods(ctx context.Context, in *PageInput) (*periodsOutput, error) {
	page, err := a.pageFor(ctx, "list-periods", *in, nil)
	if err != nil {
		return nil, err
	}
	months := monthend.New(a.Store)
	calendar, err := months.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	open, err := months.Open(ctx, maxProposals)
	if err != nil {
		return nil, err
	}
	found, err := months.Closings(ctx, page.After.ID, page.readLimit())
	if err != nil {
		return nil, err
	}
	out := &periodsOutput{}
	out.Body.FirstOpen, out.Body.TimeZone = string(calendar.FirstOpen), calendar.ZoneName()
	out.Body.Proposals = make([]view.Proposal, len(open))
	for i, one := range open {
		out.Body.Proposals[i] = view.ProposalOf(one)
	}
	out.Body.Closings, out.Body.PageEnd = pageOf(found, page, view.ClosingOf, func(c closing.Closing) uint64 { return c.Number })
	return out, nil
}

type monthInput struct {
	Month   string `path:"month" maxLength:"20" doc:"A month of the books." example:"2026-11"`
	RawBody []byte `contentType:"application/json"`
}

// period reads the month of the path.
func (in *monthInput) period(ctx context.Context) (ledger.Period, error) {
	period, err := ledger.ParsePeriod(in.Month)
	if err != nil {
		return "", invalid(ctx, &huma.ErrorDetail{Location: "path.month", Message: "is not a month: write it as 2026-11"})
	}
	return period, nil
}

// closeMonthBody documents the request; decode_finance.go reads it.
type closeMonthBody struct {
	DryRun bool            `json:"dryRun,omitempty" default:"false" doc:"true only checks."`
	Notes  []closeNoteBody `json:"notes,omitempty" maxItems:"100" doc:"Why findings do not block the close."`
}

type closeNoteBody struct {
	Item string `json:"item" doc:"The item of a finding." example:"attention/12"`
	Text string `json:"text" minLength:"1" maxLength:"500" example:"waits for the bank"`
}

func (b closeMonthBody) notes(by access.Actor) []closing.Note {
	notes := make([]closing.Note, len(b.Notes))
	for i, note := range b.Notes {
		notes[i] = closing.Note{Item: note.Item, Text: note.Text, By: by.Name}
	}
	return notes
}

// closeMonth proposes a close. The proposal again is harmless: the same one is kept.
func (a *api) closeMonth(ctx context.Context, in *monthInput) (*replayable[view.MonthEnd], error) {
	period, err := in.period(ctx)
	if err != nil {
		return nil, err
	}
	request, err := decodeCloseMonth(in.RawBody)
	if err != nil {
		return nil, err
	}
	return decided(ctx, a, "close-period", string(period), request, func(ctx context.Context) (view.MonthEnd, error) {
		months, notes := monthend.New(a.Store), request.notes(actorOf(ctx))
		if request.DryRun {
			review, err := months.Review(ctx, period, notes)
			return view.MonthEndOf(review), err
		}
		proposal, review, err := months.ProposeClose(ctx, period, notes, actorOf(ctx))
		shown, waits := view.MonthEndOf(review), view.ProposalOf(proposal)
		shown.Proposal = &waits
		return shown, err
	})
}

func (a *api) approveClose(ctx context.Context, in *monthInput) (*replayable[view.Closing], error) {
	return a.approve(ctx, in, "approve-close", (*monthend.Months).ApproveClose)
}

func (a *api) approveReopen(ctx context.Context, in *monthInput) (*replayable[view.Closing], error) {
	return a.approve(ctx, in, "approve-reopen", (*monthend.Months).ApproveReopen)
}

// approve decides about a month. A repetition finds the decision by its operator.
func (a *api) approve(ctx context.Context, in *monthInput, operation string,
	decide func(*monthend.Months, context.Context, ledger.Period, access.Actor) (closing.Closing, error),
) (*replayable[view.Closing], error) {
	period, err := in.period(ctx)
	if err != nil {
		return nil, err
	}
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	return decided(ctx, a, operation, string(period), nil, func(ctx context.Context) (view.Closing, error) {
		made, err := decide(monthend.New(a.Store), ctx, period, actorOf(ctx))
		return view.ClosingOf(made), err
	})
}

// reopenMonthBody documents the request; decode_finance.go reads it.
type reopenMonthBody struct {
	Note string `json:"note" minLength:"1" maxLength:"500" doc:"Why it is reopened." example:"a payout was accepted by mistake"`
}

func (a *api) reopenMonth(ctx context.Context, in *monthInput) (*replayable[view.Proposal], error) {
	period, err := in.period(ctx)
	if err != nil {
		return nil, err
	}
	note, err := decodeOperatorNote(in.RawBody)
	if err != nil {
		return nil, err
	}
	return decided(ctx, a, "reopen-period", string(period), note, func(ctx context.Context) (view.Proposal, error) {
		proposal, err := monthend.New(a.Store).ProposeReopen(ctx, period, note, actorOf(ctx))
		return view.ProposalOf(proposal), err
	})
}

// monthTimeout bounds an operation that sums up a month, in pages. The whole of the earlier months is read at the first close.
const monthTimeout = 5 * time.Minute

// registerMonth adds an operation on a month, which may take longer than other requests.
func registerMonth[Body any](a *api, spec huma.API, operation huma.Operation,
	handle func(context.Context, *monthInput) (*replayable[Body], error),
) {
	operation.Tags = []string{ledgerTag}
	operation = a.action(spec, access.FinanceWrite, operation)
	operation.Middlewares = append(operation.Middlewares, func(hctx huma.Context, next func(huma.Context)) {
		_, w := humago.Unwrap(hctx)
		extendAnswer(w, monthTimeout+answerTimeout)
		next(hctx)
	})
	registerWithin(a, spec, operation, monthTimeout, handle)
}

// blockers are the findings that block a close, as errors about the notes that they have not got.
func blockers(err error) (details []*huma.ErrorDetail) {
	var blocked *monthend.BlockedError
	if !errors.As(err, &blocked) {
		return nil
	}
	for _, check := range blocked.Checks {
		for _, finding := range check.Findings {
			if finding.Open() && len(details) < maxFound {
				details = append(details, &huma.ErrorDetail{Location: "body.notes", Message: finding.Item + ": " + finding.Text})
			}
		}
	}
	return details
}

// decided runs a decision of finance under its Idempotency-Key. Decision and audit entry are one transaction of store/monthend.
func decided[Body any](ctx context.Context, a *api, operation, subject string, body any, work func(context.Context) (Body, error),
) (*replayable[Body], error) {
	ctx = a.readingPages(ctx) // a month is summed up in pages
	return idempotent(ctx, a, idempotentRequest[Body]{
		operation: operation, subject: subject, body: body, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation(subject, store.AuditEntry{}),
		work:  func(ctx context.Context, _ string) (Body, error) { return work(ctx) },
	})
}
