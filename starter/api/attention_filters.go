package api

import (
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/view"
	"farebook/store"
)

// AttentionFilters narrow a list of matters, over HTTP and on the command line.
type AttentionFilters struct {
	State   string `query:"state" enum:"open,closed,all" default:"open"`
	Kind    string `query:"kind" maxLength:"40" doc:"Only matters of this kind." example:"refund_failed"`
	Booking string `query:"booking" doc:"Only matters of the booking with this reference."`
	TakenBy string `query:"takenBy" maxLength:"200" doc:"Only open matters that somebody has: me for the caller, nobody, or a name as takenBy of a matter has it." example:"me"`
	Order   string `query:"order" enum:"newest,oldest" default:"newest" doc:"Which matters come first."`
}

// Filter is what the filters ask of the store for a caller, or what is wrong with them. The booking is left to be found.
func (in AttentionFilters) Filter(caller access.Actor) (store.AttentionFilter, []*huma.ErrorDetail) {
	var w wrong
	f := store.AttentionFilter{State: store.AttentionState(in.State), Kind: store.AttentionKind(in.Kind), Oldest: in.Order == "oldest"}
	if f.Kind != "" && !slices.Contains(store.AttentionKinds, f.Kind) {
		w.add("kind", "is an unknown kind: send one of "+view.AttentionKinds())
	}
	if in.TakenBy != "" && f.State != "" && f.State != store.AttentionOpen {
		w.add("takenBy", "narrows open matters: leave state out, or send open")
	}
	switch in.TakenBy {
	case "":
	case "me":
		f.Held.By = &caller
	case "nobody":
		f.Held.Nobody = true
	default:
		f.Held.Name = in.TakenBy
	}
	return f, w
}
