// Package schema holds JSON against the schemas of Stripe's OpenAPI document. It imports nothing of the project.
package schema

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stripe/stripe-mock/embedded"
)

// Specification is Stripe's OpenAPI document.
var Specification = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData(embedded.OpenAPISpec)
})

// Check returns nil when a JSON object is valid by one of Stripe's schemas, and has no field that the schema does not know.
func Check(name string, body []byte) error {
	spec, err := Specification()
	if err != nil {
		return err
	}
	schema := spec.Components.Schemas[name]
	if schema == nil {
		return fmt.Errorf("no schema of Stripe's has the name %q", name)
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	if err := schema.Value.VisitJSON(value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if fields := strangers(name, schema.Value, value); len(fields) > 0 {
		return fmt.Errorf("fields that Stripe's %s does not have: %s", name, strings.Join(fields, ", "))
	}
	return nil
}

// strangers walks a value beside its schema. Where a schema has alternatives, one of them has to know each field.
func strangers(path string, schema *openapi3.Schema, value any) []string {
	var out []string
	switch v := value.(type) {
	case map[string]any:
		shapes := alternatives(schema)
		for field, inner := range v {
			known, free := false, false
			for _, shape := range shapes {
				free = free || len(shape.Properties) == 0 || shape.AdditionalProperties.Schema != nil
				if property := shape.Properties[field]; property != nil {
					known = true
					if len(shapes) == 1 {
						out = append(out, strangers(path+"."+field, property.Value, inner)...)
					}
				}
			}
			if !known && !free {
				out = append(out, path+"."+field)
			}
		}
	case []any:
		if schema.Items != nil {
			for i, inner := range v {
				out = append(out, strangers(fmt.Sprintf("%s[%d]", path, i), schema.Items.Value, inner)...)
			}
		}
	}
	return out
}

// alternatives are the object schemas that a value may be of.
func alternatives(schema *openapi3.Schema) []*openapi3.Schema {
	if len(schema.AnyOf) == 0 {
		return []*openapi3.Schema{schema}
	}
	var out []*openapi3.Schema
	for _, one := range schema.AnyOf {
		if one.Value.Type == nil || !one.Value.Type.Is("string") {
			out = append(out, alternatives(one.Value)...)
		}
	}
	return out
}
