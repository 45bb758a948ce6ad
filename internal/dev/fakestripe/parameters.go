package fakestripe

import (
	_ "embed" // for parameters.json
	"encoding/json"
	"sync"
)

// parametersJSON says which parameters each endpoint takes and which fields may be expanded. It is made of Stripe's OpenAPI
// document by conformance/parameters; `make conformance` checks that it is up to date.
//
//go:embed parameters.json
var parametersJSON []byte

// parameter is what Stripe's document says of a parameter's values.
type parameter struct {
	Type     string                `json:"type"`
	Max      int                   `json:"max"` // characters
	Enum     []string              `json:"enum"`
	Required []string              `json:"required"`
	Items    *parameter            `json:"items"`
	Fields   map[string]*parameter `json:"fields"`
	Any      []*parameter          `json:"any"`  // one of these
	Free     *parameter            `json:"free"` // of fields with any name
}

// rules are those of one endpoint.
type rules struct {
	Parameters *parameter `json:"parameters"`
	Answer     []string   `json:"answer"` // the resources that it answers with
}

type specification struct {
	Version   string           `json:"version"`
	Endpoints map[string]rules `json:"endpoints"`
	// Expandable are the fields of each resource that may be expanded, and what is in them then.
	Expandable map[string]map[string][]string `json:"expandable"`
}

var stripes = sync.OnceValue(func() specification {
	var out specification
	if err := json.Unmarshal(parametersJSON, &out); err != nil {
		panic("parameters.json cannot be read: " + err.Error()) // it is part of the program
	}
	return out
})
