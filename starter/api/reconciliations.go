package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
	"farebook/starter/recon"
	"farebook/store"
	runs "farebook/store/recon"
)

const (
	reconciliationsPath = "/v1/reconciliations"
	// maxDetails keeps an answer within some megabytes.
	maxDetails = 10_000
)

func (a *api) addReconciliations(spec huma.API) {
	register(a, spec, a.action(spec, access.ReconciliationWrite, huma.Operation{
		OperationID: "create-reconciliation", Path: reconciliationsPath, Summary: "Reconcile the books with Stripe",
		Description: "Starts a reconciliation of all bookings and answers at once; read `GET /v1/reconciliations/{id}` for its progress. A " +
			"dry run writes a report and changes nothing else.",
		DefaultStatus: http.StatusAccepted,
		Tags:          []string{"Reconciliation"},
	}), a.createReconciliation)
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-reconciliation", Method: http.MethodGet, Path: reconciliationsPath + "/{id}", Tags: []string{"Reconciliation"},
		Summary:     "Read a reconciliation",
		Description: "Its counts, and each difference with the proposed action and its state.",
		Errors:      []int{404},
	}, access.ReconciliationRead), a.getReconciliation)
}

// reconciliationBody documents the request; decode_actions.go reads it.
type reconciliationBody struct {
	LookbackDays int    `json:"lookbackDays,omitempty" minimum:"1" maximum:"400" default:"7"`
	Limit        int    `json:"limit,omitempty" minimum:"0" default:"100" doc:"How many open payments to check; 0 for all."`
	DryRun       bool   `json:"dryRun,omitempty" default:"false"`
	Scope        string `json:"scope,omitempty" enum:"payments,ledger,payouts,all" default:"all"`
}

type startedBody struct {
	CorrelationID string `json:"correlationId" example:"recon_5f1c2a"`
}

func (a *api) createReconciliation(ctx context.Context, in *bodyInput) (*created[startedBody], error) {
	options, err := decodeReconciliation(in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.startRun(ctx, "create-reconciliation", startedRun{
		options: options, action: store.ActionReconcile, detail: recon.Describe(options),
	})
}

// startedRun is a reconciliation that a request asks for. plan is the dry run whose plan it carries out; empty for one that finds its own.
type startedRun struct {
	options reconciliation.Options
	plan    string
	action  store.Action
	detail  string
}

func (a *api) startRun(ctx context.Context, operation string, run startedRun) (*created[startedBody], error) {
	id := dispatch.NewRunID()
	request := idempotentRequest[startedBody]{
		operation: operation, subject: run.plan, status: http.StatusAccepted, points: actionPoints,
		claim: a.claimOperation(id, store.AuditEntry{Actor: actorOf(ctx), Action: run.action, Subject: id, Detail: run.detail}),
		work: func(ctx context.Context, id string) (startedBody, error) {
			err := recon.Start(ctx, a.Store, a.Dispatch, id, run.options, run.plan)
			var notStarted *recon.NotStartedError
			if errors.As(err, &notStarted) {
				err = needsWorkflow("", err)
			}
			return startedBody{id}, err
		},
	}
	if run.plan == "" {
		request.body = run.options
	}
	out, err := idempotent(ctx, a, request)
	if err != nil {
		return nil, err
	}
	return out.at(reconciliationsPath + "/" + out.Body.CorrelationID), nil
}

type runInput struct {
	ID string `path:"id" doc:"The run's correlation id." example:"recon_5f1c2a"`
}

type runOutput struct{ Body recon.Run }

func (a *api) getReconciliation(ctx context.Context, in *runInput) (*runOutput, error) {
	run, err := runs.New(a.Store).Run(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchReconciliation)
	}
	body, _, err := recon.Report(ctx, a.Store, run, maxDetails)
	return &runOutput{body}, err
}
