// Package trimmed reduces Stripe's OpenAPI document to what the stand-in needs to judge requests. It imports internal/dev/fakestripe.
package trimmed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stripe/stripe-mock/embedded"

	"farebook/internal/dev/fakestripe"
)

// node is a schema of the document, as far as it matters here.
type node struct {
	Ref         string           `json:"$ref"`
	Type        string           `json:"type"`
	Enum        []any            `json:"enum"`
	MaxLength   int              `json:"maxLength"`
	Properties  map[string]*node `json:"properties"`
	Required    []string         `json:"required"`
	Items       *node            `json:"items"`
	AnyOf       []*node          `json:"anyOf"`
	OneOf       []*node          `json:"oneOf"`
	Additional  json.RawMessage  `json:"additionalProperties"`
	Expandable  []string         `json:"x-expandableFields"`
	ExpandsInto *node            `json:"x-expansionResources"`
}

type operation struct {
	Parameters []struct {
		In       string `json:"in"`
		Name     string `json:"name"`
		Required bool   `json:"required"`
		Schema   *node  `json:"schema"`
	} `json:"parameters"`
	RequestBody struct {
		Content map[string]struct {
			Schema *node `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]struct {
			Schema *node `json:"schema"`
		} `json:"content"`
	} `json:"responses"`
}

type document struct {
	Info struct {
		Version string `json:"version"`
	} `json:"info"`
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]*node `json:"schemas"`
	} `json:"components"`
}

// expandDepth is how many levels Stripe expands (stripe.com/docs/api/expanding_objects).
const expandDepth = 4

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

// Parameters is the file, one endpoint and one resource a line.
func Parameters() ([]byte, error) {
	var spec document
	if err := json.Unmarshal(embedded.OpenAPISpec, &spec); err != nil {
		return nil, err
	}
	paths := map[string]string{} // without the names of parameters
	for path := range spec.Paths {
		paths[pathParameter.ReplaceAllString(path, "{}")] = path
	}
	endpoints := map[string]any{}
	resources := expansions{spec: &spec, out: map[string]map[string][]string{}}
	for _, pattern := range fakestripe.Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		raw, found := spec.Paths[paths[pathParameter.ReplaceAllString(path, "{}")]][strings.ToLower(method)]
		if !found {
			return nil, fmt.Errorf("%s is no endpoint of Stripe's specification", pattern)
		}
		var op operation
		if err := json.Unmarshal(raw, &op); err != nil {
			return nil, fmt.Errorf("%s: %w", pattern, err)
		}
		answer := op.Responses["200"].Content["application/json"].Schema
		endpoints[pattern] = map[string]any{"parameters": trim(parameters(op, method)), "answer": resources.of(answer, pattern, expandDepth)}
	}
	var out bytes.Buffer
	_, _ = fmt.Fprintf(&out, "{\"version\": %q,\n\"endpoints\": {\n", spec.Info.Version) // a buffer takes everything
	if err := writeLines(&out, endpoints); err != nil {
		return nil, err
	}
	out.WriteString("},\n\"expandable\": {\n")
	if err := writeLines(&out, resources.out); err != nil {
		return nil, err
	}
	out.WriteString("}}\n")
	return out.Bytes(), nil
}

func writeLines[V any](out *bytes.Buffer, values map[string]V) error {
	for i, name := range slices.Sorted(maps.Keys(values)) {
		line, err := json.Marshal(values[name])
		if err != nil {
			return err
		}
		if i > 0 {
			out.WriteString(",\n")
		}
		_, _ = fmt.Fprintf(out, "%q: %s", name, line) // a buffer takes everything
	}
	out.WriteString("\n")
	return nil
}

// parameters of an operation as one object: of the query or of the body.
func parameters(op operation, method string) *node {
	if method != "GET" {
		form, isForm := op.RequestBody.Content["application/x-www-form-urlencoded"]
		if !isForm {
			form = op.RequestBody.Content["multipart/form-data"] // files
		}
		return form.Schema
	}
	all := &node{Type: "object", Properties: map[string]*node{}}
	for _, one := range op.Parameters {
		if one.In != "query" {
			continue
		}
		all.Properties[one.Name] = one.Schema
		if one.Required {
			all.Required = append(all.Required, one.Name)
		}
	}
	return all
}

// trim leaves out what says nothing about which values are taken.
func trim(n *node) map[string]any {
	if n == nil {
		return nil
	}
	out := map[string]any{}
	if n.Type != "" {
		out["type"] = n.Type
	}
	if n.MaxLength != 0 {
		out["max"] = n.MaxLength
	}
	if len(n.Enum) > 0 {
		out["enum"] = n.Enum
	}
	if len(n.Required) > 0 {
		out["required"] = n.Required
	}
	if n.Items != nil {
		out["items"] = trim(n.Items)
	}
	if len(n.Properties) > 0 {
		fields := map[string]any{}
		for name, field := range n.Properties {
			fields[name] = trim(field)
		}
		out["fields"] = fields
	}
	for _, one := range n.AnyOf {
		shapes, _ := out["any"].([]any)
		out["any"] = append(shapes, trim(one))
	}
	var free node
	if bytes.HasPrefix(n.Additional, []byte("{")) && json.Unmarshal(n.Additional, &free) == nil {
		out["free"] = trim(&free)
	}
	return out
}

// expansions collects which fields of which resource may be expanded, into what.
type expansions struct {
	spec *document
	out  map[string]map[string][]string
	seen map[string]int // how deep below a resource was looked already
}

// of a schema: the names of the resources that it may be. What has no name is called by where it stands.
func (e *expansions) of(n *node, where string, depth int) []string {
	if n == nil {
		return nil
	}
	if name, found := strings.CutPrefix(n.Ref, "#/components/schemas/"); found {
		e.add(e.spec.Components.Schemas[name], name, depth)
		if e.out[name] == nil {
			return nil
		}
		return []string{name}
	}
	var names []string
	for _, one := range slices.Concat(n.AnyOf, n.OneOf) {
		names = append(names, e.of(one, where, depth)...)
	}
	if n.Items != nil {
		names = append(names, e.of(n.Items, where, depth)...)
	}
	if n.ExpandsInto != nil {
		names = append(names, e.of(n.ExpandsInto, where, depth)...)
	}
	if len(n.Properties) > 0 {
		e.add(n, where, depth)
		names = append(names, where)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (e *expansions) add(n *node, name string, depth int) {
	if e.seen == nil {
		e.seen = map[string]int{}
	}
	if depth == 0 || e.seen[name] >= depth || len(n.Expandable) == 0 {
		return
	}
	e.seen[name] = depth
	if e.out[name] == nil {
		e.out[name] = map[string][]string{}
	}
	for _, field := range n.Expandable {
		e.out[name][field] = e.of(n.Properties[field], name+"."+field, depth-1)
	}
}
