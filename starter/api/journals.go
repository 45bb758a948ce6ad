package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/ledger"
	"farebook/starter/view"
	"farebook/store/monthend"
)

const (
	journalsPath       = ledgerPath + "/journals"
	approveJournalPath = journalsPath + "/{key}/approve"
)

func (a *api) addJournals(spec huma.API) {
	register(a, spec, a.action(spec, access.FinanceWrite, huma.Operation{
		OperationID: "post-journal", Path: journalsPath, Tags: []string{ledgerTag}, Summary: "Post a manual journal",
		Description: "Balanced in each currency, with a reason, and posted once under its `key`. Above the limit of its currency " +
			"(`JOURNAL_APPROVAL_ABOVE`) it waits for another operator. Accounts that follow from Stripe's objects are refused.",
		RequestBody: &huma.RequestBody{Required: true},
	}), a.postJournal)
	register(a, spec, a.action(spec, access.FinanceWrite, huma.Operation{
		OperationID: "approve-journal", Path: approveJournalPath, Tags: []string{ledgerTag}, Summary: "Approve a manual journal",
		Description: "Posts a journal that another operator has proposed. " + twoOperators,
	}), a.approveJournal)
}

// postedBody is what became of a journal.
type postedBody struct {
	Key      string         `json:"key" example:"2026-11-rounding"`
	LedgerID uint64         `json:"ledgerId,omitempty" doc:"The transaction. Absent while the journal waits."`
	Period   string         `json:"period,omitempty" doc:"The month in which it counts." example:"2026-11"`
	Waits    bool           `json:"waits" doc:"Another operator has to approve it."`
	Proposal *view.Proposal `json:"proposal,omitempty"`
}

func postedBodyOf(key string, posted monthend.Posted) postedBody {
	body := postedBody{Key: key, LedgerID: posted.LedgerID, Period: string(posted.Period), Waits: posted.Waits}
	if posted.Waits {
		waits := view.ProposalOf(posted.Proposal)
		body.Proposal = &waits
	}
	return body
}

// postJournal can be repeated without an Idempotency-Key: the books know the key of the journal.
func (a *api) postJournal(ctx context.Context, in *bodyInput) (*replayable[postedBody], error) {
	journal, err := decodeJournal(in.RawBody, a.Store.Now())
	if err != nil {
		return nil, err
	}
	return decided(ctx, a, "post-journal", journal.Key, journal, func(ctx context.Context) (postedBody, error) {
		posted, err := monthend.New(a.Store).Post(ctx, journal, a.JournalLimits, actorOf(ctx))
		return postedBodyOf(journal.Key, posted), err
	})
}

type journalInput struct {
	Key     string `path:"key" maxLength:"64" doc:"The key of the journal." example:"2026-11-rounding"`
	RawBody []byte `contentType:"application/json"`
}

func (a *api) approveJournal(ctx context.Context, in *journalInput) (*replayable[postedBody], error) {
	if ledger.CheckJournalKey(in.Key) != nil {
		return nil, invalid(ctx, &huma.ErrorDetail{Location: "path.key", Message: "is not the key of a journal"})
	}
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	return decided(ctx, a, "approve-journal", in.Key, nil, func(ctx context.Context) (postedBody, error) {
		posted, err := monthend.New(a.Store).ApprovePost(ctx, in.Key, actorOf(ctx))
		return postedBodyOf(in.Key, posted), err
	})
}
