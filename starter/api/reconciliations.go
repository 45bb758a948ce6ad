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
)

const (
	reconciliationsPath = "/v1/reconciliations"
	// maxDetails bounds one answer to some megabytes.
	maxDetails = 10_000
)

func (a *api) addReconciliations(spec huma.API) {
	operation := a.action(spec, access.ReconciliationWrite, huma.Operation{
		OperationID: "create-reconciliation", Path: reconciliationsPath, Summary: "Hold the books against Stripe",
		Description: "Starts a reconciliation over all bookings and answers at once; read `GET /v1/reconciliations/{id}` for how it goes. A dry run writes " +
			"its report and changes nothing.",
		DefaultStatus: http.StatusAccepted,
		Tags:          []string{"Reconciliation"},
	})
	huma.Register(spec, operation, a.createReconciliation)
	huma.Register(spec, a.guard(spec, huma.Operation{
		OperationID: "get-reconciliation", Method: http.MethodGet, Path: reconciliationsPath + "/{id}", Tags: []string{"Reconciliation"},
		Summary:     "Read a reconciliation",
		Description: "With its counts, and each difference with what is proposed and what became of it.",
		Errors:      []int{404},
	}, access.ReconciliationRead), a.getReconciliation)
}

// reconciliationBody documents the request; decode_actions.go reads it.
type reconciliationBody struct {
	LookbackDays int    `json:"lookbackDays,omitempty" minimum:"1" maximum:"400" default:"7"`
	Limit        int    `json:"limit,omitempty" minimum:"0" default:"100" doc:"Of open payments; 0 for all."`
	DryRun       bool   `json:"dryRun,omitempty" default:"false"`
	Scope        string `json:"scope,omitempty" enum:"payments,ledger,payouts,all" default:"all"`
}

type startedBody struct {
	CorrelationID string `json:"correlationId" example:"recon_5f1c2a"`
}

type startedOutput struct {
	Status   int
	Location string `header:"Location" doc:"Where the run is read."`
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was known already."`
	Body     startedBody
}

type reconciliationInput struct {
	RawBody []byte `contentType:"application/json"`
}

func (a *api) createReconciliation(ctx context.Context, in *reconciliationInput) (*startedOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, a.AnswerTimeout)
	defer cancel()
	options, err := decodeReconciliation(in.RawBody)
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	out := &startedOutput{Status: http.StatusAccepted}
	asked := task{operation: "create-reconciliation", resource: dispatch.NewRunID(), request: options}
	asked.asked = store.AuditEntry{Actor: actorOf(ctx), Action: store.ActionReconcile, Subject: asked.resource, Detail: recon.Describe(options)}
	replayed, err := a.once(ctx, asked, &out.Body, func(id string) error {
		err := recon.Start(ctx, a.Store, a.Dispatch, id, options, "")
		var notStarted *recon.NotStartedError
		switch {
		case errors.As(err, &notStarted):
			return a.temporalFailed(ctx, err)
		case err != nil:
			return a.storeFailed(ctx, err)
		}
		out.Body.CorrelationID = id
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Replayed, out.Location = replayedHeader(replayed), reconciliationsPath+"/"+out.Body.CorrelationID
	return out, nil
}

type runInput struct {
	ID string `path:"id" doc:"The run's correlation id." example:"recon_5f1c2a"`
}

type runOutput struct{ Body recon.Run }

func (a *api) getReconciliation(ctx context.Context, in *runInput) (*runOutput, error) {
	run, err := a.Store.Run(ctx, in.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, problem(ctx, http.StatusNotFound, "no-such-reconciliation", "There is no reconciliation with this id.")
	}
	if err != nil {
		return nil, a.storeFailed(ctx, err)
	}
	body, _, err := recon.Report(ctx, a.Store, run, maxDetails)
	if err != nil {
		return nil, a.storeFailed(ctx, err)
	}
	return &runOutput{body}, nil
}

// decodeReconciliation reads the body, which may be left out.
func decodeReconciliation(body []byte) (reconciliation.Options, error) {
	options := reconciliation.Options{LookbackDays: reconciliation.DefaultLookbackDays, Limit: reconciliation.DefaultLimit, Scope: reconciliation.ScopeAll}
	d, fields, err := optionalBody(body, "lookbackDays", "limit", "dryRun", "scope")
	if err != nil {
		return options, err
	}
	if value, given := fields["lookbackDays"]; given {
		options.LookbackDays = int(d.integer("lookbackDays", value))
	}
	if value, given := fields["limit"]; given {
		options.Limit = int(d.integer("limit", value))
	}
	if value, given := fields["dryRun"]; given {
		dry, ok := value.(bool)
		options.DryRun = dry
		if !ok {
			d.wrong("dryRun", value, "true or false")
		}
	}
	if value, given := fields["scope"]; given {
		options.Scope = reconciliation.Scope(d.text("scope", value))
	}
	return options, joinFields(d.err(), options.Validate())
}
