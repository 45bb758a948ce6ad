package fakestripe

import (
	_ "embed" // for parameters.json
	"encoding/json"
	"sync"
)

// parametersJSON lists the parameters of each endpoint and the fields that can be expanded. conformance/parameters generates it
// from Stripe's OpenAPI document; `make conformance` checks that it is up to date.
//
//go:embed parameters.json
var parametersJSON []byte

// parameter is the schema of a parameter in Stripe's OpenAPI document.
type parameter struct {
	Type     string                `json:"type"`
	Max      int                   `json:"max"` // characters
	Enum     []string              `json:"enum"`
	Required []string              `json:"required"`
	Items    *parameter            `json:"items"`
	Fields   map[string]*parameter `json:"fields"`
	Any      []*parameter          `json:"any"`  // alternative schemas
	Free     *parameter            `json:"free"` // schema of fields with arbitrary names
}

// rules describes one endpoint.
type rules struct {
	Parameters *parameter `json:"parameters"`
	Answer     []string   `json:"answer"` // the resources that it answers with
}

type specification struct {
	Version   string           `json:"version"`
	Endpoints map[string]rules `json:"endpoints"`
	// Expandable maps a resource and a field that can be expanded to the resources that the field can contain.
	Expandable map[string]map[string][]string `json:"expandable"`
}

var stripeSpecification = sync.OnceValue(func() specification {
	var out specification
	if err := json.Unmarshal(parametersJSON, &out); err != nil {
		panic("parameters.json cannot be read: " + err.Error()) // a broken parameters.json is a build error
	}
	return out
})
