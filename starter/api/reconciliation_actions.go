package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/recon"
	"farebook/store"
	runs "farebook/store/recon"
)

const (
	applyPath   = reconciliationsPath + "/{id}/apply"
	itemsPath   = "/v1/reconciliation-items"
	resolvePath = itemsPath + "/{id}/resolve"
	reopenPath  = itemsPath + "/{id}/reopen"
	postPath    = itemsPath + "/{id}/post"
)

func (a *api) addReconciliationActions(spec huma.API) {
	decide := func(operation huma.Operation) huma.Operation {
		operation.Tags = []string{"Reconciliation"}
		return a.actionBy(spec, operation, access.OperationsWrite, access.ReconciliationWrite)
	}
	noted := &huma.RequestBody{Required: true}
	register(a, spec, decide(huma.Operation{
		OperationID: "apply-plan", Path: applyPath, Summary: "Carry out the plan of a dry run", DefaultStatus: http.StatusAccepted,
		Description: "Starts a reconciliation that heals exactly what the completed dry run proposed, and answers at once.",
	}), a.applyPlan)
	register(a, spec, decide(huma.Operation{
		OperationID: "resolve-item", Path: resolvePath, Summary: "Record a decision about an item", RequestBody: noted,
		Description: "Later runs that find exactly the same difference apply it. Nothing is posted.",
	}), a.resolveItem)
	register(a, spec, decide(huma.Operation{
		OperationID: "reopen-item", Path: reopenPath, Summary: "Undo the decision about an item", RequestBody: noted,
		Description: "The item, and those of other runs for the same difference, count again. A correction in the ledger is not undone.",
	}), a.reopenItem)
	register(a, spec, decide(huma.Operation{
		OperationID: "post-item", Path: postPath, Summary: "Post a correction for an item", RequestBody: noted,
		Description: "The ledger then agrees with Stripe's balance transaction, with the other side on `account`; nothing is changed or " +
			"removed. The correction takes effect at the date of the balance transaction, or now if Stripe does not have it.",
	}), a.postItem)
}

type planInput struct {
	ID      string `path:"id" doc:"The dry run's correlation id." example:"recon_5f1c2a"`
	RawBody []byte `contentType:"application/json"`
}

func (a *api) applyPlan(ctx context.Context, in *planInput) (*created[startedBody], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	options, err := recon.Plan(ctx, a.Store, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchReconciliation)
	}
	return a.startRun(ctx, "apply-plan", startedRun{
		options: options, plan: in.ID, action: store.ActionPlanApply, detail: "the plan of " + in.ID,
	})
}

type itemInput struct {
	ID      uint64 `path:"id" maximum:"9223372036854775807" doc:"The item's number." example:"7"`
	RawBody []byte `contentType:"application/json"`
}

// itemNoteBody documents the request; decode_actions.go reads it.
type itemNoteBody struct {
	Note string `json:"note" minLength:"1" maxLength:"500" doc:"What was done or decided." example:"fees of the old account"`
}

// postItemBody documents the request; decode_actions.go reads it.
type postItemBody struct {
	Note        string     `json:"note" minLength:"1" maxLength:"500" doc:"What was done or decided." example:"fees of the old account"`
	Account     string     `json:"account,omitempty" default:"equity:suspense" doc:"The account of the other side: one of those that corrections are posted against."`
	EffectiveAt *time.Time `json:"effectiveAt,omitempty" doc:"The date of a correction that Stripe has no balance transaction for. Default: now."`
}

func (a *api) resolveItem(ctx context.Context, in *itemInput) (*replayable[recon.Item], error) {
	note, err := decodeOperatorNote(in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.decideItem(ctx, "resolve-item", in.ID, note, func(ctx context.Context, items *runs.Runs) error {
		return items.ResolveItem(ctx, in.ID, note, actorOf(ctx))
	}, func(item runs.Item) bool { return item.State == runs.ItemResolved && item.Note == note })
}

func (a *api) reopenItem(ctx context.Context, in *itemInput) (*replayable[recon.Item], error) {
	note, err := decodeOperatorNote(in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.decideItem(ctx, "reopen-item", in.ID, note, func(ctx context.Context, items *runs.Runs) error {
		return items.ReopenItem(ctx, in.ID, note, actorOf(ctx))
	}, func(runs.Item) bool { return false }) // ReopenItem recognises a repetition
}

func (a *api) postItem(ctx context.Context, in *itemInput) (*replayable[recon.Item], error) {
	decision, err := decodePostItem(in.RawBody, a.Store.Now())
	if err != nil {
		return nil, err
	}
	c := runs.Correction{
		ItemID: in.ID, Against: decision.Account, Note: decision.Note, EffectiveAt: decision.EffectiveAt, By: actorOf(ctx),
		Limits: a.CorrectionLimits,
	}
	return a.decideItem(ctx, "post-item", in.ID, decision.body(), func(ctx context.Context, _ *runs.Runs) error {
		return recon.Correct(ctx, a.Store, a.Stripe, c)
	}, func(runs.Item) bool { return false }) // nothing says that the correction in the ledger is this request's
}

// decideItem has a decision recorded, which writes its audit entry in the same transaction. done recognises the item of a repetition after
// a crash, whose first attempt has recorded the decision.
func (a *api) decideItem(ctx context.Context, operation string, id uint64, body any, decide func(context.Context, *runs.Runs) error,
	done func(runs.Item) bool,
) (*replayable[recon.Item], error) {
	items := runs.New(a.Store)
	return idempotent(ctx, a, idempotentRequest[recon.Item]{
		operation: operation, subject: strconv.FormatUint(id, 10), body: body, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation("item", store.AuditEntry{}),
		work: func(ctx context.Context, _ string) (recon.Item, error) {
			item, err := items.Item(ctx, id)
			if err == nil && !done(item) {
				err = decide(ctx, items)
			}
			if err != nil {
				return recon.Item{}, orMissing(err, errNoSuchItem)
			}
			item, err = items.Item(ctx, id)
			return recon.ItemOf(item), err
		},
	})
}
