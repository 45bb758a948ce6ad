package api

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"farebook/store"
)

// PageInput selects a page of a list. It and PageEnd are exported because huma ignores unexported embedded types.
type PageInput struct {
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"The maximum number of entries."`
	After string `query:"after" doc:"The next of the previous page. Send it with the same filters."`
}

// PageEnd says whether a list continues, and after which entry.
type PageEnd struct {
	HasMore bool   `json:"hasMore"`
	Next    string `json:"next,omitempty" doc:"Send it as after, with the same filters, for the next page."`
}

// page is a page that a caller asks for, with what makes the cursor of the next one.
type page struct {
	store.Page

	installation store.Installation
	binding      string
}

// pageFor reads the cursor of a request. The cursor is bound to the operation, the filters and the caller's client: a cursor that is
// forged, or comes from another list, is an error of the field.
func (a *api) pageFor(ctx context.Context, operation string, in PageInput, filters any) (page, error) {
	installation, err := a.Store.Installation(ctx)
	if err != nil {
		return page{}, err
	}
	text, err := json.Marshal(filters)
	if err != nil {
		return page{}, fmt.Errorf("bind a cursor to its filters: %w", err)
	}
	p := page{
		Page: store.Page{Limit: in.Limit}, installation: installation,
		binding: operation + "\n" + callerOf(ctx).ClientCode + "\n" + string(text),
	}
	if in.After == "" {
		return p, nil
	}
	p.After, err = installation.Position(p.binding, in.After)
	if err != nil {
		return page{}, invalid(ctx, &huma.ErrorDetail{
			Location: "query.after",
			Message:  "is no cursor of this list: send the next of the previous page, with the same filters, or leave it out",
		})
	}
	return p, nil
}

// readLimit is how many rows a page reads: one more than it shows, to know whether there are more.
func (p page) readLimit() int { return p.Limit + 1 }

// end is the end of a page, after which the list continues at next; nil for the last one.
func (p page) end(next *store.Position) PageEnd {
	if next == nil {
		return PageEnd{}
	}
	return PageEnd{HasMore: true, Next: p.installation.Cursor(p.binding, *next)}
}

// pageOf converts the rows that a query with readLimit found, in the order of their ids. cursor is the id of a row.
func pageOf[Row, Shown any](found []Row, p page, show func(Row) Shown, cursor func(Row) uint64) ([]Shown, PageEnd) {
	var next *store.Position
	if len(found) > p.Limit {
		found = found[:p.Limit]
		next = &store.Position{ID: cursor(found[p.Limit-1])}
	}
	return shownOf(found, show), p.end(next)
}

// shownOf converts rows; it is never nil, so that an empty list is [].
func shownOf[Row, Shown any](rows []Row, show func(Row) Shown) []Shown {
	shown := make([]Shown, 0, len(rows))
	for _, row := range rows {
		shown = append(shown, show(row))
	}
	return shown
}
