// Package clients has the pages of the API's clients and their keys, for people with the scope admin. The token of a new key is in one
// answer and nowhere else. It imports access, templ, and lists and page of the console.
package clients

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

const (
	clientsPath   = page.Root + "/clients"
	endpointsPath = page.Root + "/webhook-endpoints"
)

// Routes adds the pages of this package.
func Routes(site *page.Site) {
	site.Nav(90, "clients.title", clientsPath, access.Admin)
	site.Get(clientsPath, list)
	site.Post(clientsPath, create)
	site.Get(clientsPath+"/{id}", show)
	site.Post(clientsPath+"/{id}/disable", setDisabled("/disable"))
	site.Post(clientsPath+"/{id}/enable", setDisabled("/enable"))
	site.Once(clientsPath+"/{id}/keys", createKey)
	site.Once(clientsPath+"/{id}/keys/{key}/rotate", rotateKey)
	site.Post(clientsPath+"/{id}/keys/{key}/revoke", revokeKey)
}

// client is a client of the API.
type client struct {
	ID, Name, State, MergedInto, CreatedBy string
	DisabledAt                             *time.Time
	CreatedAt                              time.Time
}

// key is an API key, without its token.
type key struct {
	ID, Client, ClientID, Prefix, State, CreatedBy string
	Scopes                                         []string
	CreatedAt                                      time.Time
	ExpiresAt, LastUsedAt, RevokedAt               *time.Time
}

// issued is a key with its token. The token is empty in the answer to a request that was sent again.
type issued struct {
	key

	Token string
}

const pageSize = "50"

func list(r *page.Request) (templ.Component, error) {
	query := r.Query("after")
	query.Set("limit", pageSize)
	var found struct {
		Clients []client
		HasMore bool
		Next    string
	}
	if err := r.API.Get(r.Context(), "/v1/clients", query, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("clients.title"), listPage(r, found.Clients, found.Next, found.HasMore)), nil
}

func create(r *page.Request) (string, error) {
	var made client
	err := r.API.Send(r.Context(), http.MethodPost, "/v1/clients", r.Key(), map[string]string{"name": r.Field("name")}, &made)
	return clientPath(made.ID), err
}

func clientPath(id string) string { return clientsPath + "/" + url.PathEscape(id) }

func show(r *page.Request) (templ.Component, error) {
	var shown client
	if err := r.API.Get(r.Context(), "/v1/clients/"+r.PathValue("id"), nil, &shown); err != nil {
		return nil, err
	}
	query := r.Query("after")
	query.Set("client", shown.ID)
	query.Set("limit", pageSize)
	var keys struct {
		APIKeys []key
		HasMore bool
		Next    string
	}
	if err := r.API.Get(r.Context(), "/v1/api-keys", query, &keys); err != nil {
		return nil, err
	}
	file := lists.Export("api-keys", url.Values{"client": {shown.ID}})
	return r.Page(r.T("clients.client", "Name", shown.Name), clientPage(r, shown, keys.APIKeys, file, keys.Next, keys.HasMore)), nil
}

func setDisabled(action string) func(*page.Request) (string, error) {
	return func(r *page.Request) (string, error) {
		err := r.API.Send(r.Context(), http.MethodPost, "/v1/clients/"+r.PathValue("id")+action, r.Key(), nil, nil)
		return clientPath(r.PathValue("id")), err
	}
}

// newKey is a key to be made. ExpiresAt is left out for a key without an end.
type newKey struct {
	Client    string   `json:"client"`
	Scopes    []string `json:"scopes"`
	ExpiresAt string   `json:"expiresAt,omitempty"`
}

func createKey(r *page.Request) (templ.Component, error) {
	asked := newKey{Client: r.PathValue("id"), Scopes: append([]string{}, r.PostForm["scopes"]...)}
	if day := r.Field("expiresAt"); day != "" {
		asked.ExpiresAt = r.Day(day, 1)
	}
	var made issued
	if err := r.API.Send(r.Context(), http.MethodPost, "/v1/api-keys", r.Key(), asked, &made); err != nil {
		return nil, err
	}
	return r.Page(r.T("clients.key.made"), tokenPage(r, made)), nil
}

func rotateKey(r *page.Request) (templ.Component, error) {
	hours, err := strconv.Atoi(r.Field("overlapHours"))
	if err != nil {
		hours = -1 // the API says what to send
	}
	var made issued
	err = r.API.Send(r.Context(), http.MethodPost, "/v1/api-keys/"+r.PathValue("key")+"/rotate", r.Key(),
		map[string]int{"overlapHours": hours}, &made)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("clients.key.made"), tokenPage(r, made)), nil
}

func revokeKey(r *page.Request) (string, error) {
	err := r.API.Send(r.Context(), http.MethodPost, "/v1/api-keys/"+r.PathValue("key")+"/revoke", r.Key(), nil, nil)
	return clientPath(r.PathValue("id")), err
}

// grantable are the scopes that the person can give to a key: those of the person's role.
func grantable(r *page.Request) []access.Scope { return r.Person.Scopes }

// overlap is how many hours a key that is replaced stays valid, unless somebody decides otherwise.
const overlap = "24"
