package api

// PageInput selects a page of a list. It and PageEnd are exported because huma ignores unexported embedded types.
type PageInput struct {
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"The maximum number of entries."`
	After uint64 `query:"after" minimum:"0" default:"0" doc:"The next of the previous page."`
}

// readLimit is how many rows a page reads: one more than it shows, to know whether there are more.
func (in PageInput) readLimit() int { return in.Limit + 1 }

// PageEnd says whether a list continues, and after which entry.
type PageEnd struct {
	HasMore bool   `json:"hasMore"`
	Next    uint64 `json:"next,omitempty" doc:"Send it as after for the next page."`
}

// pageOf converts the rows that a query with readLimit found. cursor is the number of a row after which the next page begins.
func pageOf[Row, Shown any](found []Row, in PageInput, show func(Row) Shown, cursor func(Row) uint64) ([]Shown, PageEnd) {
	var end PageEnd
	if len(found) > in.Limit {
		found = found[:in.Limit]
		end = PageEnd{HasMore: true, Next: cursor(found[in.Limit-1])}
	}
	page := make([]Shown, 0, len(found))
	for _, row := range found {
		page = append(page, show(row))
	}
	return page, end
}
