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
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-reconciliation-progress", Method: http.MethodGet, Path: reconciliationsPath + "/{id}/progress",
		Tags: []string{"Reconciliation"}, Summary: "Read how far a reconciliation is", Errors: []int{404},
	}, access.ReconciliationRead), a.getProgress)
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
	ID      string `path:"id" doc:"The run's correlation id." example:"recon_5f1c2a"`
	Details bool   `query:"details" default:"true" doc:"false leaves out the differences, which GET /v1/reconciliations/{id}/items lists page by page."`
}

type runOutput struct{ Body recon.Run }

func (a *api) getReconciliation(ctx context.Context, in *runInput) (*runOutput, error) {
	run, err := runs.New(a.Store).Run(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchReconciliation)
	}
	read := recon.Report
	if !in.Details {
		read = func(ctx context.Context, books *store.Store, run runs.Run, _ int) (recon.Run, int64, error) {
			return recon.Totals(ctx, books, run)
		}
	}
	body, _, err := read(ctx, a.Store, run, maxDetails)
	return &runOutput{body}, err
}

// progressBody says how far a run is.
type progressBody struct {
	Status   string `json:"status" enum:"running,completed,failed"`
	Stage    string `json:"stage,omitempty" doc:"What a run that is running does."`
	Percent  int    `json:"percent" minimum:"0" maximum:"100" doc:"How much of the comparison is done."`
	Scanned  int64  `json:"scanned" doc:"Objects that were compared."`
	Found    int64  `json:"found" doc:"Differences."`
	Healing  int    `json:"healing" doc:"Differences whose workflows were asked to heal them."`
	Retrying bool   `json:"retrying" doc:"A part of the comparison has failed and is tried again."`
}

type progressOutput struct{ Body progressBody }

type runIDInput struct {
	ID string `path:"id" doc:"The run's correlation id." example:"recon_5f1c2a"`
}

func (a *api) getProgress(ctx context.Context, in *runIDInput) (*progressOutput, error) {
	run, err := runs.New(a.Store).Run(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchReconciliation)
	}
	if run.Status != runs.RunRunning {
		return &progressOutput{progressBody{Status: run.Status, Percent: 100, Scanned: run.Scanned}}, nil
	}
	at, err := a.Dispatch.ReconciliationProgress(ctx, in.ID)
	if err != nil {
		return nil, needsWorkflow("", err)
	}
	return &progressOutput{progressBody{
		Status: run.Status, Stage: at.Stage, Percent: int(100 * at.Share()), Scanned: at.Scanned, Found: at.Found, Healing: at.Healing,
		Retrying: at.Trouble != "",
	}}, nil
}
