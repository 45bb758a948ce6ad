package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/ledger"
	"farebook/starter/recon"
	"farebook/starter/view"
	"farebook/store"
	runs "farebook/store/recon"
)

const (
	runItemsPath = reconciliationsPath + "/{id}/items"
	itemPath     = itemsPath + "/{id}"
	draftPath    = itemPath + "/correction"
	// itemsAtOnce and itemReads bound what one request examines of a run.
	itemsAtOnce, itemReads = 1000, 5
)

func (a *api) addItems(spec huma.API) {
	read := func(id, path, summary, description string, errors ...int) huma.Operation {
		return a.guard(spec, huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{"Reconciliation"}, Summary: summary, Description: description,
			Errors: append([]int{404, 422}, errors...),
		}, access.ReconciliationRead)
	}
	register(a, spec, read("list-reconciliation-items", runItemsPath, "List what a reconciliation found",
		"In the order in which it was found. A page may have fewer entries than `limit`, or none, while `hasMore` is true: a request examines "+
			"some thousands of entries at most."), a.listItems)
	register(a, spec, read("get-reconciliation-item", itemPath, "Read an item of a reconciliation", "With the run that has found it."),
		a.getItem)
	register(a, spec, read("draft-correction", draftPath, "Show what would be posted for an item",
		"The entries after which the books agree with Stripe about the item's balance transaction; nothing is posted. Without an account, the "+
			"other side is where the item's own workflow posts it, or `equity:suspense` for an item that an operator has to decide.", 409),
		a.draftCorrection)
}

type listItemsInput struct {
	PageInput
	ID       string `path:"id" doc:"The run's correlation id." example:"recon_5f1c2a"`
	Class    string `query:"class" enum:"missing_in_ledger,missing_in_stripe,amount_mismatch,currency_mismatch,fee_mismatch,state_mismatch,duplicate,orphan_payment,timing"`
	State    string `query:"state" enum:"found,fixed,failed,skipped,resolved"`
	Expected string `query:"expected" enum:"true,false" doc:"false lists only what an operator has to decide."`
	Proposed string `query:"proposed" enum:"person,record_payment,record_refund,record_dispute,record_payout,record_account_fee,record_unbooked,any" doc:"The repair; any lists what a plan heals."`
}

// matches reports whether an item is asked for.
func (in *listItemsInput) matches(item recon.Item) bool {
	return (in.Class == "" || in.Class == item.Class) && (in.State == "" || in.State == item.State) &&
		(in.Expected == "" || in.Expected == strconv.FormatBool(item.Expected)) &&
		(in.Proposed == "" || in.Proposed == item.Proposed || in.Proposed == "any" && item.Proposed != "person")
}

type listItemsOutput struct {
	Body struct {
		Items []recon.Item `json:"items" nullable:"false"`
		PageEnd
	}
}

func (a *api) listItems(ctx context.Context, in *listItemsInput) (*listItemsOutput, error) {
	filters := *in
	filters.PageInput = PageInput{}
	page, err := a.pageFor(ctx, "list-reconciliation-items", in.PageInput, filters)
	if err != nil {
		return nil, err
	}
	run, err := runs.New(a.Store).Run(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchReconciliation)
	}
	out := &listItemsOutput{}
	var next *store.Position
	out.Body.Items, next, err = a.matchingItems(ctx, run.ID, in, page)
	out.Body.PageEnd = page.end(next)
	return out, err
}

// matchingItems reads a run in the order of ids until a page is full. It returns the last item that it has examined; nil at the end of the
// run.
func (a *api) matchingItems(ctx context.Context, runID uint64, in *listItemsInput, p page) ([]recon.Item, *store.Position, error) {
	shown, at := []recon.Item{}, p.After.ID
	for range itemReads {
		found, err := runs.New(a.Store).Items(ctx, runID, "", at, itemsAtOnce)
		if err != nil {
			return nil, nil, err
		}
		for _, one := range found {
			item := recon.ItemOf(one)
			if !in.matches(item) {
				at = one.ID
				continue
			}
			if len(shown) == p.Limit {
				return shown, &store.Position{ID: at}, nil
			}
			shown, at = append(shown, item), one.ID
		}
		if len(found) < itemsAtOnce {
			return shown, nil, nil
		}
	}
	return shown, &store.Position{ID: at}, nil
}

// ItemID is exported because huma ignores unexported embedded types.
type ItemID struct {
	ID uint64 `path:"id" maximum:"9223372036854775807" doc:"The item's number." example:"7"`
}

// foundItem is an item with its run.
type foundItem struct {
	Item recon.Item    `json:"item"`
	Run  recon.Summary `json:"run"`
}

type foundItemOutput struct{ Body foundItem }

func (a *api) getItem(ctx context.Context, in *ItemID) (*foundItemOutput, error) {
	item, err := runs.New(a.Store).Item(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchItem)
	}
	run, err := runs.New(a.Store).RunOf(ctx, item)
	return &foundItemOutput{foundItem{recon.ItemOf(item), recon.SummaryOf(run)}}, err
}

type draftInput struct {
	ItemID

	Account string `query:"account" maxLength:"64" doc:"The account of the other side: one of those that corrections are posted against." example:"equity:suspense"`
}

// draftBody is a correction that is not posted.
type draftBody struct {
	Account     string      `json:"account" doc:"Of the other side." example:"equity:suspense"`
	EffectiveAt time.Time   `json:"effectiveAt" doc:"The date of Stripe's balance transaction; now if Stripe has none."`
	Entries     []entryView `json:"entries" nullable:"false"`
}

type draftOutput struct{ Body draftBody }

func (a *api) draftCorrection(ctx context.Context, in *draftInput) (*draftOutput, error) {
	if in.Account != "" && !view.IsCorrectionAccount(in.Account) {
		return nil, invalid(ctx, &huma.ErrorDetail{
			Location: "query.account", Message: "is not an account of corrections: send one of " + view.CorrectionAccounts(),
		})
	}
	draft, err := recon.Draft(ctx, a.Store, a.Stripe, runs.Correction{ItemID: in.ID, Against: ledger.Account(in.Account)})
	if err != nil {
		return nil, orMissing(err, errNoSuchItem)
	}
	return &draftOutput{draftBody{string(draft.Against), draft.Effective.At, entriesOf(draft.Entries())}}, nil
}
