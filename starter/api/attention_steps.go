package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/view"
	"farebook/store"
)

const (
	takePath     = matterPath + "/take"
	giveBackPath = matterPath + "/give-back"
	commentPath  = matterPath + "/comments"
)

func (a *api) addAttentionSteps(spec huma.API) {
	act := func(operation huma.Operation) huma.Operation {
		operation.Tags = []string{operationsTag}
		return a.action(spec, access.OperationsWrite, operation)
	}
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-attention", Method: http.MethodGet, Path: matterPath, Tags: []string{operationsTag},
		Summary: "Read a matter that needs attention", Description: "With its comments, and with who has taken it and given it back.",
		Errors: []int{404, 422},
	}, access.OperationsRead), a.getAttention)
	register(a, spec, act(huma.Operation{
		OperationID: "take-attention", Path: takePath, Summary: "Take a matter",
		Description: "The matter is the caller's until it is given back, taken over or closed; everybody sees whose it is. A matter that " +
			"somebody else has is refused without `takeOver`. Safe to repeat.",
	}), a.takeAttention)
	register(a, spec, act(huma.Operation{
		OperationID: "give-back-attention", Path: giveBackPath, Summary: "Give back a matter",
		Description: "Only whoever has taken it gives it back; everybody else can take it over. Safe to repeat.",
	}), a.giveBackAttention)
	register(a, spec, act(huma.Operation{
		OperationID: "comment-attention", Path: commentPath, Summary: "Comment on a matter", DefaultStatus: http.StatusCreated,
		Description: "The comment is kept with the caller's name and the time, also of a matter that is closed; nobody can change it. A " +
			"booking's story has the comments on its matters. Without a key, a repetition is a second comment.",
		RequestBody: &huma.RequestBody{Required: true},
	}), a.commentAttention)
}

type matterNumber struct {
	ID uint64 `path:"id" maximum:"9223372036854775807" doc:"The matter's number." example:"7"`
}

type matterOutput struct{ Body view.MatterDetail }

func (a *api) getAttention(ctx context.Context, in *matterNumber) (*matterOutput, error) {
	matter, err := a.matter(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	steps, err := a.Store.AttentionSteps(ctx, in.ID)
	return &matterOutput{view.MatterDetailOf(matter, steps)}, err
}

// takeAttentionBody documents the request; decode_actions.go reads it.
type takeAttentionBody struct {
	TakeOver bool `json:"takeOver,omitempty" doc:"Take it from whoever has it."`
}

// commentBody documents the request; decode_actions.go reads it.
type commentBody struct {
	Text string `json:"text" minLength:"1" maxLength:"500" example:"the traveller's bank answers on Monday"`
}

func (a *api) takeAttention(ctx context.Context, in *matterInput) (*replayable[view.Matter], error) {
	request, err := decodeTake(in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.step(ctx, "take-attention", request, http.StatusOK, store.NewAttentionStep{
		Matter: in.ID, Kind: store.AttentionTaken, Over: request.TakeOver,
	})
}

func (a *api) giveBackAttention(ctx context.Context, in *matterInput) (*replayable[view.Matter], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	return a.step(ctx, "give-back-attention", nil, http.StatusOK, store.NewAttentionStep{Matter: in.ID, Kind: store.AttentionGivenBack})
}

func (a *api) commentAttention(ctx context.Context, in *matterInput) (*replayable[view.Matter], error) {
	request, err := decodeComment(in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.step(ctx, "comment-attention", request, http.StatusCreated, store.NewAttentionStep{
		Matter: in.ID, Kind: store.AttentionComment, Text: request.Text,
	})
}

// step adds a step to a matter. Its code is the one first claimed under the key: a repetition after a crash finds the step.
func (a *api) step(ctx context.Context, operation string, body any, status int, step store.NewAttentionStep,
) (*replayable[view.Matter], error) {
	step.By = actorOf(ctx)
	return idempotent(ctx, a, idempotentRequest[view.Matter]{
		operation: operation, subject: strconv.FormatUint(step.Matter, 10), body: body, status: status, points: actionPoints,
		claim: a.claimOperation(access.NewStepCode(), store.AuditEntry{}),
		work: func(ctx context.Context, code string) (view.Matter, error) {
			step.Code = code
			if err := a.Store.AddAttentionStep(ctx, step); err != nil {
				return view.Matter{}, orMissing(err, errNoSuchMatter)
			}
			return a.matter(ctx, step.Matter)
		},
	})
}
