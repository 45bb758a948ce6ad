package fakestripe

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits that Stripe's OpenAPI document does not state (stripe.com/docs/api/metadata, /idempotent_requests, /expanding_objects).
const (
	metadataKeys       = 50
	metadataKeyLength  = 40
	metadataTextLength = 500
	keyLength          = 255
	expandLevels       = 4
)

// validate checks a call against Stripe's OpenAPI document. A call that fails is not executed, and its answer is not stored.
func (c *call) validate(pattern string, header http.Header) *apiError {
	if failed := validateHeader(header); failed != nil {
		return failed
	}
	given := c.query
	if c.form != nil {
		given = c.form
	}
	endpoint := stripeSpecification().Endpoints[pattern]
	values := nested(given)
	if failed := endpoint.Parameters.validate(values, ""); failed != nil {
		return failed
	}
	if failed := validateMetadata(values.fields["metadata"]); failed != nil {
		return failed
	}
	for _, path := range expansionOf(given) {
		if failed := validateExpand(endpoint.Answer, path); failed != nil {
			return failed
		}
	}
	return nil
}

func validateHeader(header http.Header) *apiError {
	version := header.Get("Stripe-Version")
	media, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	switch {
	case version != "" && version != apiVersion:
		return invalid("", "", "Invalid Stripe API version: "+version+". The stand-in supports "+apiVersion+" only.")
	case header.Get("Stripe-Account") != "":
		return &apiError{
			status: http.StatusForbidden, kind: "invalid_request_error", code: "account_invalid", notStored: true,
			message: "The provided key does not have access to account '" + header.Get("Stripe-Account") + "' (or that account does not exist).",
		}
	case utf8.RuneCountInString(header.Get("Idempotency-Key")) > keyLength:
		return invalid("", "", "Idempotency keys are at most 255 characters long.")
	case media != "" && media != "application/x-www-form-urlencoded" && media != "multipart/form-data":
		return invalid("", "", "Invalid request (check that your POST content type is application/x-www-form-urlencoded).")
	}
	return nil
}

// validate checks a value against the parameter's schema. name is the parameter's full name, as Stripe's errors write it.
func (p *parameter) validate(v *value, name string) *apiError {
	switch {
	case p == nil:
		return nil
	case len(p.Any) > 0:
		return p.validateAny(v, name)
	case p.Type == "object":
		return p.validateObject(v, name)
	case p.Type == "array":
		return p.validateArray(v, name)
	case !v.leaf:
		return invalid("", name, "Invalid "+p.Type+": {...}")
	}
	return p.validateText(v.text, name)
}

// validateAny accepts a value that matches one of several schemas. Otherwise it returns the error of the schema whose shape
// (object, array or text) matches the value, because that error is the most specific.
func (p *parameter) validateAny(v *value, name string) *apiError {
	var best *apiError
	for _, one := range p.Any {
		failed := one.validate(v, name)
		if failed == nil {
			return nil
		}
		if best == nil || (one.Type == "object" || one.Type == "array") == !v.leaf {
			best = failed
		}
	}
	return best
}

func (p *parameter) validateObject(v *value, name string) *apiError {
	if v.leaf {
		return invalid("", name, "Invalid object")
	}
	for _, field := range v.names() {
		inner := p.Free
		if known := p.Fields[field]; known != nil {
			inner = known
		}
		full := within(name, field)
		if inner == nil && (len(p.Fields) > 0 || name == "") {
			return invalid("parameter_unknown", full, "Received unknown parameter: "+full)
		}
		if failed := inner.validate(v.fields[field], full); failed != nil {
			return failed
		}
	}
	for _, field := range p.Required {
		full := within(name, field)
		switch given := v.fields[field]; {
		case given == nil:
			return invalid("parameter_missing", full, "Missing required param: "+full+".")
		case given.leaf && given.text == "":
			return invalid("parameter_invalid_empty", full, "You passed an empty string for '"+full+"'. We assume empty values are an attempt "+
				"to unset a parameter; however '"+full+"' cannot be unset. You should remove '"+full+"' from your request or supply a non-empty value.")
		}
	}
	return nil
}

func within(name, field string) string {
	if name == "" {
		return field
	}
	return name + "[" + field + "]"
}

func (p *parameter) validateArray(v *value, name string) *apiError {
	if v.leaf || !v.isList() {
		return invalid("", name, "Invalid array")
	}
	for _, index := range v.names() {
		if failed := p.Items.validate(v.fields[index], within(name, index)); failed != nil {
			return failed
		}
	}
	return nil
}

func (p *parameter) validateText(text, name string) *apiError {
	switch p.Type {
	case "integer":
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return invalid("parameter_invalid_integer", name, "Invalid integer: "+text)
		}
	case "number":
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return invalid("", name, "Invalid number: "+text)
		}
	case "boolean":
		if text != "true" && text != "false" {
			return invalid("", name, "Invalid boolean: "+text)
		}
	}
	switch {
	case len(p.Enum) > 0 && !slices.Contains(p.Enum, text):
		return invalid("", name, "Invalid "+name+": must be one of "+strings.Join(p.Enum, ", "))
	case p.Max > 0 && utf8.RuneCountInString(text) > p.Max:
		return invalid("", name, fmt.Sprintf("Invalid string: it must be at most %d characters", p.Max))
	}
	return nil
}

func validateMetadata(metadata *value) *apiError {
	if metadata == nil {
		return nil
	}
	for _, key := range metadata.names() {
		text := metadata.fields[key].text
		switch {
		case utf8.RuneCountInString(key) > metadataKeyLength:
			return invalid("", "metadata",
				fmt.Sprintf("Metadata key names can have up to %d characters, but you passed in a key that is %d characters. "+
					"Invalid key: %s", metadataKeyLength, utf8.RuneCountInString(key), key))
		case utf8.RuneCountInString(text) > metadataTextLength:
			return invalid("", "metadata",
				fmt.Sprintf("Metadata values can have up to %d characters, but you passed in a value that is %d characters. "+
					"Invalid value: %s", metadataTextLength, utf8.RuneCountInString(text), text))
		}
	}
	if len(metadata.fields) > metadataKeys {
		return tooMuchMetadata()
	}
	return nil
}

func tooMuchMetadata() *apiError {
	return invalid("", "metadata", fmt.Sprintf("Objects can have up to %d metadata keys.", metadataKeys))
}

// validateExpand checks that a path can be expanded, step by step, from the resources that the endpoint answers with.
func validateExpand(resources []string, path string) *apiError {
	steps := strings.Split(path, ".")
	if len(steps) > expandLevels {
		return invalid("", "expand", fmt.Sprintf("You cannot expand more than %d levels of a property. Property: %s.", expandLevels, path))
	}
	for _, step := range steps {
		var next []string
		found := false
		for _, resource := range resources {
			into, known := stripeSpecification().Expandable[resource][step]
			found = found || known
			next = append(next, into...)
		}
		if !found {
			return invalid("", "expand", "This property cannot be expanded ("+path+").")
		}
		resources = next
	}
	return nil
}
