package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/story"
)

func (a *api) addStory(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-story", Method: http.MethodGet, Path: bookingsPath + "/{reference}/story", Tags: []string{"Bookings"},
		Summary: "Read a booking as a story",
		Description: "Everything that the books have about a booking, to explain it to its traveller: the figures of its money, refunds with " +
			"the bank's reference, postings with the rule behind each, emails with their texts and the mail server's answer, what to tell the " +
			"traveller about a decline, other bookings of the same email address, what may be done now, and one timeline. Each list has at " +
			"most 500 entries. With `operations:read` it also has what concerns operators: emails to finance, matters that need attention, " +
			"and the names of those who asked for something.",
		Errors: []int{404},
	}, access.BookingsRead, access.OperationsRead), a.getStory)
}

type storyOutput struct{ Body story.Story }

func (a *api) getStory(ctx context.Context, in *referenceInput) (*storyOutput, error) {
	known, err := a.readable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	read, err := a.Store.Story(ctx, known, ownerOf(ctx))
	if err != nil {
		return nil, err
	}
	options := story.Options{Operator: callerOf(ctx).Scopes.Has(access.OperationsRead), Live: a.Live}
	return &storyOutput{story.Of(read, options)}, nil
}
