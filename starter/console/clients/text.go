package clients

import "farebook/starter/console/page"

// columns are those of a table by the ids of their texts.
func columns(r *page.Request, names ...string) []page.Column {
	return page.Columns(func(name string) string { return r.T("clients.column." + name) }, names...)
}
