package test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"farebook/starter/api"
)

// openAPI is the document of the API, by which requests and answers are judged.
type openAPI struct {
	t        testing.TB
	root     map[string]any
	compiler *jsonschema.Compiler
}

// documented is one operation of the document.
type documented struct {
	id, method, path string
	definition       map[string]any
}

func readOpenAPI(t testing.TB) *openAPI {
	t.Helper()
	text, err := api.Document()
	require.NoError(t, err)
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	root, _ := parsed.(map[string]any)
	d := &openAPI{t: t, root: root, compiler: jsonschema.NewCompiler()}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	require.NoError(t, d.compiler.AddResource("openapi.json", parsed))
	return d
}

// at returns what is below some keys; nil where nothing is.
func at(value any, keys ...string) any {
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

func (d *openAPI) operations() (all []documented) {
	paths, _ := d.root["paths"].(map[string]any)
	for path, methods := range paths {
		for method, definition := range methods.(map[string]any) {
			if id, named := at(definition, "operationId").(string); named {
				all = append(all, documented{id, strings.ToUpper(method), path, definition.(map[string]any)})
			}
		}
	}
	return all
}

// operationOf finds the operation of a request, and the parameters of its path. A path without parameters comes before one with some.
func (d *openAPI) operationOf(method, path string) (best documented, parameters map[string]string) {
	d.t.Helper()
	for _, o := range d.operations() {
		given, fits := matchPath(o.path, path)
		if o.method == method && fits && (best.id == "" || len(given) < len(parameters)) {
			best, parameters = o, given
		}
	}
	require.NotEmpty(d.t, best.id, "%s %s is not in the document", method, path)
	return best, parameters
}

func matchPath(template, path string) (parameters map[string]string, fits bool) {
	wanted, given := strings.Split(template, "/"), strings.Split(path, "/")
	if len(wanted) != len(given) {
		return nil, false
	}
	parameters = map[string]string{}
	for i, part := range wanted {
		switch {
		case strings.HasPrefix(part, "{"):
			parameters[strings.Trim(part, "{}")] = given[i]
		case part != given[i]:
			return nil, false
		}
	}
	return parameters, true
}

// requireSchema holds JSON against the schema at a place of the document.
func (d *openAPI) requireSchema(body []byte, keys ...string) {
	d.t.Helper()
	pointer := ""
	for _, key := range keys {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(key)
	}
	schema, err := d.compiler.Compile("openapi.json#" + pointer)
	require.NoError(d.t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	require.NoError(d.t, err, "%s", body)
	require.NoError(d.t, schema.Validate(value), "%s: %s", pointer, body)
}

// requireRequest holds a body against the operation's schema. Bodies of other media types than JSON have none.
func (d *openAPI) requireRequest(o documented, body []byte) {
	d.t.Helper()
	if len(body) > 0 && at(o.definition, "requestBody", "content", "application/json") != nil {
		d.requireSchema(body, "paths", o.path, strings.ToLower(o.method), "requestBody", "content", "application/json", "schema")
	}
}

// requireAnswer requires that the document has the status and the media type, and holds JSON against its schema.
func (d *openAPI) requireAnswer(o documented, status string, header http.Header, body []byte) {
	d.t.Helper()
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	require.NotNil(d.t, at(o.definition, "responses", status, "content", kind), "%s has no answer %s %s: %s", o.id, status, kind, body)
	if strings.HasSuffix(kind, "json") {
		d.requireSchema(body, "paths", o.path, strings.ToLower(o.method), "responses", status, "content", kind, "schema")
	}
}

// Each operation has an example of its request and of its answer, and each is what its schema says.
func TestExamplesFitTheirSchemas(t *testing.T) {
	t.Parallel()
	d := readOpenAPI(t)
	for _, o := range d.operations() {
		answers, _ := at(o.definition, "responses").(map[string]any)
		examples := 0
		for status, answer := range answers {
			content, _ := at(answer, "content").(map[string]any)
			for kind, media := range content {
				if example := at(media, "example"); example != nil {
					examples++
					d.requireSchema(encoded(t, example), "paths", o.path, strings.ToLower(o.method), "responses", status, "content", kind, "schema")
				}
			}
		}
		require.Positive(t, examples, "%s has no example of an answer: run TestEachOperationIsCalled with -examples", o.id)
		if required, _ := at(o.definition, "requestBody", "required").(bool); required {
			contents, _ := at(o.definition, "requestBody", "content").(map[string]any)
			for kind, media := range contents {
				if at(media, "schema", "format") == "binary" {
					continue // a file is no text of a document
				}
				require.NotNil(t, at(media, "example"), "%s has no example of a request of %s", o.id, kind)
			}
		}
		if body := at(o.definition, "requestBody", "content", "application/json", "example"); body != nil {
			d.requireRequest(o, encoded(t, body))
		}
	}
}

func encoded(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}
