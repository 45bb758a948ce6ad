package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/dispatch"
	"farebook/starter/recon"
	"farebook/store"
)

const (
	schedulePath = "/v1/schedule"
	pausePath    = schedulePath + "/pause"
	resumePath   = schedulePath + "/resume"
	triggerPath  = schedulePath + "/trigger"
)

func (a *api) addSchedule(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-schedule", Method: http.MethodGet, Path: schedulePath, Tags: []string{"Reconciliation"},
		Summary: "Read the schedule of reconciliations", Description: "Its state, its last runs and its next ones.", Errors: []int{404},
	}, access.ReconciliationRead, access.OperationsRead), a.getSchedule)
	change := func(id, path, summary, description string, status int) huma.Operation {
		return a.action(spec, access.OperationsWrite, huma.Operation{
			OperationID: id, Path: path, Tags: []string{"Reconciliation"}, Summary: summary, Description: description, DefaultStatus: status,
		})
	}
	register(a, spec, change("pause-schedule", pausePath, "Pause the schedule", "Until it is resumed. Safe to repeat.", http.StatusOK),
		a.pauseSchedule)
	register(a, spec, change("resume-schedule", resumePath, "Resume the schedule", "Ends a pause. Safe to repeat.", http.StatusOK),
		a.resumeSchedule)
	register(a, spec, change("trigger-schedule", triggerPath, "Start a run of the schedule now",
		"With the schedule's options. Refused with 409 while another run is running.", http.StatusAccepted), a.triggerSchedule)
}

func (a *api) schedule(ctx context.Context) (recon.Schedule, error) {
	found, err := a.Dispatch.Schedule(ctx)
	return recon.ScheduleOf(found), scheduleError(err)
}

// scheduleError names a schedule that there is not; another error is Temporal's.
func scheduleError(err error) error {
	switch {
	case errors.Is(err, dispatch.ErrNoSchedule):
		return errNoSuchSchedule
	case errors.Is(err, recon.ErrRunning):
		return err
	}
	return needsWorkflow("", err)
}

type scheduleOutput struct{ Body recon.Schedule }

func (a *api) getSchedule(ctx context.Context, _ *struct{}) (*scheduleOutput, error) {
	found, err := a.schedule(ctx)
	return &scheduleOutput{found}, err
}

// scheduleNoteBody documents the request; decode_actions.go reads it.
type scheduleNoteBody struct {
	Note string `json:"note,omitempty" maxLength:"500" doc:"Why." example:"Stripe is being upgraded"`
}

func (a *api) pauseSchedule(ctx context.Context, in *bodyInput) (*replayable[recon.Schedule], error) {
	return a.changeSchedule(ctx, in, "pause-schedule", store.ActionSchedulePause, a.Dispatch.PauseSchedule, "paused by an operator")
}

func (a *api) resumeSchedule(ctx context.Context, in *bodyInput) (*replayable[recon.Schedule], error) {
	return a.changeSchedule(ctx, in, "resume-schedule", store.ActionScheduleResume, a.Dispatch.ResumeSchedule, "resumed by an operator")
}

func (a *api) changeSchedule(ctx context.Context, in *bodyInput, operation string, action store.Action,
	change func(context.Context, string) error, usual string,
) (*replayable[recon.Schedule], error) {
	note, err := decodeScheduleNote(in.RawBody)
	if err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[recon.Schedule]{
		operation: operation, body: note, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation("schedule", store.AuditEntry{Actor: actorOf(ctx), Action: action, Subject: "schedule"}),
		work: func(ctx context.Context, _ string) (recon.Schedule, error) {
			if err := change(ctx, cmp.Or(note, usual)); err != nil {
				return recon.Schedule{}, scheduleError(err)
			}
			return a.schedule(ctx)
		},
	})
}

func (a *api) triggerSchedule(ctx context.Context, in *bodyInput) (*created[startedBody], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	out, err := idempotent(ctx, a, idempotentRequest[startedBody]{
		operation: "trigger-schedule", status: http.StatusAccepted, points: actionPoints,
		claim: a.claimOperation("schedule", store.AuditEntry{Actor: actorOf(ctx), Action: store.ActionScheduleStart, Subject: "schedule"}),
		work: func(ctx context.Context, _ string) (startedBody, error) {
			id, err := recon.Trigger(ctx, a.Dispatch)
			return startedBody{id}, scheduleError(err)
		},
	})
	if err != nil {
		return nil, err
	}
	return out.at(reconciliationsPath + "/" + out.Body.CorrelationID), nil
}
