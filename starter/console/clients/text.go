package clients

import "farebook/starter/console/page"

// columns are those of a table by the ids of their texts.
func columns(r *page.Request, ids ...string) []page.Column {
	all := make([]page.Column, len(ids))
	for i, id := range ids {
		all[i] = page.Column{Text: r.T("clients.column." + id)}
	}
	return all
}
