// Package lists has what every list of the console shares beside its filters: saved views, and its export as CSV. It
// imports access, money, internal/wait, starter/view, templ, and caller and page of the console.
package lists

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"farebook/starter/console/caller"
	"farebook/starter/console/page"
)

const (
	viewsPath  = page.Root + "/views"
	exportPath = page.Root + "/exports"
)

// Routes adds the pages of this package.
func Routes(site *page.Site) {
	site.Post(viewsPath, save)
	site.Post(viewsPath+"/{id}/remove", remove)
	site.Download(exportPath+"/{list}", download)
}

// saved is a view that somebody has saved.
type saved struct {
	ID          uint64
	Name, Query string
}

// notFilters are the values of the URL that no view keeps: the page of the list, how its times are shown, and what became of a form.
var notFilters = []string{"after", "limit", "tz", "lang", "answers"}

// filters are the filters of the page as its URL has them.
func filters(r *page.Request) url.Values {
	query := clone(r.URL.Query())
	for _, name := range notFilters {
		query.Del(name)
	}
	maps.DeleteFunc(query, func(_ string, values []string) bool { return strings.Join(values, "") == "" })
	return query
}

func clone(query url.Values) url.Values {
	copied := maps.Clone(query)
	if copied == nil {
		copied = url.Values{}
	}
	return copied
}

// Bar is shown beside the filters of a list: the person's views of it, a field to save the filters of the URL, and the export of the
// list. name is that of the list in the address of the export; query are the filters as the API takes them.
func Bar(r *page.Request, name string, query url.Values) (templ.Component, error) {
	return barWith(r, name, Export(name, query))
}

// Views is Bar without an export, for a report, which has its own.
func Views(r *page.Request, name string) (templ.Component, error) { return barWith(r, name, "") }

func barWith(r *page.Request, name, export string) (templ.Component, error) {
	var found struct{ Views []saved }
	if err := r.API.Get(r.Context(), "/v1/views", url.Values{"list": {name}}, &found); err != nil {
		return nil, err
	}
	return bar(r, name, found.Views, export), nil
}

// Export is the address of a list as CSV. query are the filters as the API takes them, and run where the list is that of a run.
func Export(name string, query url.Values) string {
	query = clone(query)
	for _, other := range notFilters {
		query.Del(other)
	}
	if len(query) == 0 {
		return exportPath + "/" + name
	}
	return exportPath + "/" + name + "?" + query.Encode()
}

// to is the address of a view on this page.
func to(r *page.Request, query string) string {
	if query == "" {
		return r.URL.Path
	}
	return r.URL.Path + "?" + query
}

func save(r *page.Request) (string, error) {
	err := r.API.Send(r.Context(), http.MethodPost, "/v1/views", r.Key(), map[string]string{
		"list": r.Field("list"), "name": r.Field("name"), "query": r.Field("query"),
	}, nil)
	return r.Field("back"), err
}

func remove(r *page.Request) (string, error) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return "", caller.Missing()
	}
	err = r.API.Send(r.Context(), http.MethodPost, "/v1/views/"+strconv.FormatUint(id, 10)+"/remove", r.Key(), nil, nil)
	return r.Field("back"), err
}

func download(r *page.Request, w http.ResponseWriter) error {
	of, known := exported[r.PathValue("list")]
	if !known {
		return caller.Missing()
	}
	query := r.URL.Query()
	if strings.Contains(of.path, "{run}") {
		of.path = strings.ReplaceAll(of.path, "{run}", query.Get("run"))
		query.Del("run")
	}
	return export(w, r.Request, r.API, of, query)
}
