package api

// PageInput asks for a page of a list. (Exported, with PageEnd: huma leaves embedded types out that are not.)
type PageInput struct {
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many at most."`
	After uint64 `query:"after" minimum:"0" default:"0" doc:"The cursor of the page before: its next."`
}

// readLimit is how many rows a page reads: the one beyond it shows that there are more.
func (in PageInput) readLimit() int { return in.Limit + 1 }

// PageEnd says whether a list continues, and where.
type PageEnd struct {
	HasMore bool   `json:"hasMore"`
	Next    uint64 `json:"next,omitempty" doc:"Send it as after for the next page."`
}

// pageOf shows what readLimit has found. cursor is the number of a row by which the next page is asked for.
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
