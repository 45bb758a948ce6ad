package api

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// recorded are requests and answers of real calls, by operation. TestEachOperationIsCalled of test/ makes the calls, and writes the
// file with -examples.
//
//go:embed examples.json
var recorded []byte

// example is one real call of an operation.
type example struct {
	// Parameters are those of the path and the query, by name.
	Parameters map[string]string `json:"parameters,omitempty"`
	// Request is the body; absent where none was sent. A body that is not JSON is a string.
	Request json.RawMessage `json:"request,omitempty"`
	Status  string          `json:"status"`
	Answer  json.RawMessage `json:"answer"`
}

// describeExamples adds the recorded calls to the document. An operation without one keeps the examples of its schemas; a test refuses
// that.
func describeExamples(spec *huma.OpenAPI) {
	calls := map[string]example{}
	if err := json.Unmarshal(recorded, &calls); err != nil {
		panic(err) // the file is part of the program
	}
	for operation := range operations(spec) {
		call, known := calls[operation.OperationID]
		if !known {
			continue
		}
		for _, parameter := range operation.Parameters {
			if value, given := call.Parameters[parameter.Name]; given {
				parameter.Example = typed(value, parameter.Schema)
			}
		}
		if operation.RequestBody != nil && call.Request != nil {
			body := *operation.RequestBody // operations of one kind share it
			body.Content = maps.Clone(body.Content)
			setExample(body.Content, call.Request)
			operation.RequestBody = &body
		}
		if response := operation.Responses[call.Status]; response != nil {
			setExample(response.Content, call.Answer)
		}
	}
}

// setExample sets the example of JSON, or of the only other media type. The media types of an operation may be shared, so it is copied.
func setExample(content map[string]*huma.MediaType, body json.RawMessage) {
	kind := "application/json"
	if content[kind] == nil && len(content) == 1 {
		kind = slices.Collect(maps.Keys(content))[0]
	}
	media := content[kind]
	if media == nil {
		return
	}
	with := *media
	with.Example = body
	content[kind] = &with
}

// typed is a parameter's value as its schema has it: a number or a truth value is not a string in the document.
func typed(text string, schema *huma.Schema) any {
	if schema == nil || schema.Type == huma.TypeString {
		return text
	}
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return text
	}
	return value
}
