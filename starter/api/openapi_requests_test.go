package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// operation is one method of one path of the API's own OpenAPI document, with a body that its schema allows.
type operation struct {
	method, path string
	parameters   []string // of the query
	body         string   // empty where none is taken
}

func (o operation) String() string { return o.method + " " + o.path }

// operations reads the document of the running API, so that an operation that is added is tried, too.
func (s *server) operations() []operation {
	s.t.Helper()
	var d document
	require.NoError(s.t, json.Unmarshal(s.do(http.MethodGet, "/openapi.json", nil).body, &d))
	var all []operation
	for path, methods := range d.Paths {
		for method, documented := range methods {
			o := operation{method: strings.ToUpper(method), path: path}
			for _, parameter := range documented.Parameters {
				if parameter.In == "query" {
					o.parameters = append(o.parameters, parameter.Name)
				}
			}
			if media, ok := documented.RequestBody.Content["application/json"]; ok {
				body, err := json.Marshal(d.example(media.Schema))
				require.NoError(s.t, err)
				o.body = string(body)
			}
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.String(), b.String()) })
	return all
}

// document is what is read of an OpenAPI document.
type document struct {
	Paths map[string]map[string]struct {
		Parameters  []struct{ Name, In string }
		RequestBody struct {
			Content map[string]struct{ Schema schema }
		}
	}
	Components struct{ Schemas map[string]schema }

	times int
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Format     string
	Examples   []any
	Enum       []any
	Default    any
	Properties map[string]schema
	Required   []string
	Items      *schema
}

// example is a value that the schema allows: its own examples where it has some, and dates to come in the order of the
// fields.
func (d *document) example(of schema) any {
	if name, ok := strings.CutPrefix(of.Ref, "#/components/schemas/"); ok {
		of = d.Components.Schemas[name]
	}
	switch {
	case of.Format == "date-time":
		d.times++
		return time.Now().UTC().Truncate(time.Hour).AddDate(0, 1, 0).Add(time.Duration(d.times) * 5 * time.Hour).Format(time.RFC3339)
	case len(of.Examples) > 0:
		return of.Examples[0]
	case of.Default != nil:
		return of.Default
	case len(of.Enum) > 0:
		return of.Enum[0]
	case of.Type == "object":
		object := map[string]any{}
		optional := slices.DeleteFunc(slices.Sorted(maps.Keys(of.Properties)),
			func(name string) bool { return slices.Contains(of.Required, name) })
		for _, name := range append(slices.Clone(of.Required), optional...) {
			object[name] = d.example(of.Properties[name])
		}
		return object
	case of.Type == "array" && of.Items != nil:
		return []any{d.example(*of.Items)}
	case of.Type == "integer", of.Type == "number":
		return 1
	case of.Type == "boolean":
		return true
	default:
		return "text"
	}
}

// The bodies that the document leads to are taken: the mutations begin from what works.
func TestExamplesOfTheDocumentAreTaken(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.register("https://shop.example/paid") // the address of the example of a booking
	for _, o := range s.operations() {
		if o.String() == "POST /v1/bookings" {
			got := s.book([]byte(o.body))
			require.Equal(t, http.StatusServiceUnavailable, got.status, "%s: %s", o.body, got.body)
		}
	}
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM bookings"))
}
