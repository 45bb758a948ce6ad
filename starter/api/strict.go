package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"farebook/booking"
)

// maxJSONDepth is twice what a booking needs.
const maxJSONDepth = 8

// parseStrict reads exactly one JSON value into map[string]any, []any, string, json.Number, bool or nil. It refuses what
// encoding/json lets pass and two readers of the same bytes might read differently: doubled keys, invalid UTF-8, half
// surrogates, NUL, and depth. The error is a *booking.FieldError; its field is empty when the body as a whole is wrong.
func parseStrict(data []byte) (any, error) {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, wholeBody("is empty", "send a JSON object")
	case !utf8.Valid(data):
		return nil, wholeBody("is not UTF-8", "encode it as UTF-8")
	}
	if err := checkSyntax(data); err != nil {
		return nil, err
	}
	p := parser{json.NewDecoder(bytes.NewReader(data))}
	p.UseNumber()
	return p.value("", 0)
}

// checkSyntax also finds what follows the value.
func checkSyntax(data []byte) error {
	var raw json.RawMessage
	err := json.Unmarshal(data, &raw)
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax) && strings.Contains(syntax.Error(), "after top-level value"):
		return wholeBody(fmt.Sprintf("goes on after the JSON value, at byte %d", syntax.Offset), "send one JSON object and nothing behind it")
	case errors.As(err, &syntax) && strings.Contains(syntax.Error(), "max depth"):
		return tooDeep("")
	case errors.As(err, &syntax):
		return wholeBody(fmt.Sprintf("is not JSON, at byte %d", syntax.Offset), "send one JSON object")
	default:
		return wholeBody("is not JSON", "send one JSON object")
	}
}

func wholeBody(problem, fix string) error { return &booking.FieldError{Problem: problem, Fix: fix} }

func tooDeep(path string) error {
	return &booking.FieldError{Field: path, Problem: fmt.Sprintf("is nested deeper than %d levels", maxJSONDepth), Fix: "send the fields of the documentation only"}
}

type parser struct{ *json.Decoder }

func (p parser) value(path string, depth int) (any, error) {
	token, err := p.Token()
	if err != nil {
		return nil, wholeBody("is not JSON", "send one JSON object")
	}
	switch v := token.(type) {
	case json.Delim:
		if depth == maxJSONDepth {
			return nil, tooDeep(path)
		}
		if v == '{' {
			return p.object(path, depth+1)
		}
		return p.array(path, depth+1)
	case string:
		return v, checkText(path, v)
	default:
		return v, nil
	}
}

func (p parser) object(path string, depth int) (any, error) {
	object := map[string]any{}
	for p.More() {
		token, err := p.Token()
		if err != nil {
			return nil, wholeBody("is not JSON", "send one JSON object")
		}
		key, ok := token.(string)
		if !ok {
			return nil, wholeBody("is not JSON", "send one JSON object")
		}
		child := join(path, key)
		if err := checkText(child, key); err != nil {
			return nil, err
		}
		if _, twice := object[key]; twice {
			return nil, &booking.FieldError{Field: child, Problem: "is there twice", Fix: "send it once"}
		}
		if object[key], err = p.value(child, depth); err != nil {
			return nil, err
		}
	}
	return object, p.end()
}

func (p parser) array(path string, depth int) (any, error) {
	array := []any{}
	for p.More() {
		element, err := p.value(fmt.Sprintf("%s[%d]", path, len(array)), depth)
		if err != nil {
			return nil, err
		}
		array = append(array, element)
	}
	return array, p.end()
}

func (p parser) end() error {
	if _, err := p.Token(); err != nil && !errors.Is(err, io.EOF) {
		return wholeBody("is not JSON", "send one JSON object")
	}
	return nil
}

// checkText refuses NUL, and U+FFFD, which is what a decoder makes of half a surrogate pair.
func checkText(path, text string) error {
	switch {
	case strings.ContainsRune(text, 0):
		return &booking.FieldError{Field: path, Problem: "has a NUL character", Fix: "remove it"}
	case strings.ContainsRune(text, utf8.RuneError):
		return &booking.FieldError{Field: path, Problem: "has half a surrogate pair or the replacement character", Fix: "send the character itself as UTF-8"}
	}
	return nil
}

// maxShownKey bounds how much of a caller's own key is repeated to them.
const maxShownKey = 60

func join(path, key string) string {
	if len(key) > maxShownKey {
		key = strings.ToValidUTF8(key[:maxShownKey], "") + "…"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
