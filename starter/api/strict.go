package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"farebook/validation"
)

// maxJSONDepth is twice the depth of a booking.
const maxJSONDepth = 8

// parseStrict reads exactly one JSON value into map[string]any, []any, string, json.Number, bool or nil. It refuses ambiguous input
// that encoding/json accepts: duplicate names, invalid UTF-8, unpaired surrogates and NUL, and limits the depth. The error is a
// *validation.FieldError, whose field is empty when the whole body is wrong.
//
// The tokenizer is jsontext with its strict defaults. This file adds depth, characters and the names of locations.
func parseStrict(data []byte) (any, error) {
	if err := checkSyntax(data); err != nil {
		return nil, err
	}
	return reader{jsontext.NewDecoder(bytes.NewReader(data))}.value("", 0)
}

// checkSyntax reads to the end, so that a syntax error is reported before anything about a value.
func checkSyntax(data []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewReader(data))
	err := decoder.SkipValue()
	if errors.Is(err, io.EOF) {
		return wholeBody("is empty", "send a JSON object")
	}
	if err != nil {
		return syntaxError(data, err)
	}
	end := decoder.InputOffset()
	if !atEnd(decoder) {
		return wholeBody(fmt.Sprintf("has more data after the JSON value, at byte %d", end), "send one JSON object and nothing after it")
	}
	return nil
}

// atEnd reports whether only white space is left.
func atEnd(decoder *jsontext.Decoder) bool {
	_, err := decoder.ReadToken()
	return errors.Is(err, io.EOF)
}

// syntaxError describes what the tokenizer refused, and where.
func syntaxError(data []byte, err error) error {
	const fix = "send one JSON object"
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return wholeBody("is not JSON", fix)
	}
	path, deep := location(syntax.JSONPointer)
	switch {
	case deep:
		return tooDeep("")
	case !utf8.Valid(data):
		return wholeBody("is not UTF-8", "encode it as UTF-8")
	case errors.Is(err, jsontext.ErrDuplicateName):
		return &validation.FieldError{Field: path, Problem: "is duplicated", Fix: "send it once"}
	case bytes.HasPrefix(data[syntax.ByteOffset:], []byte(`\u`)):
		return &validation.FieldError{
			Field: path, Problem: "has an escape that is not a character, such as half of a surrogate pair",
			Fix: characterFix,
		}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return wholeBody(fmt.Sprintf("ends inside the JSON value, at byte %d", len(data)), fix)
	case path != "":
		return wholeBody(fmt.Sprintf("is not JSON, at byte %d in %s", syntax.ByteOffset, path), fix)
	default:
		return wholeBody(fmt.Sprintf("is not JSON, at byte %d", syntax.ByteOffset), fix)
	}
}

// location writes a JSON pointer in the notation of field errors: flight.passengers[0].name. deep reports one that is too deep.
func location(pointer jsontext.Pointer) (path string, deep bool) {
	depth := 0
	for token := range pointer.Tokens() {
		depth++
		if depth > maxJSONDepth {
			return "", true
		}
		if isIndex(token) {
			path += "[" + token + "]"
		} else {
			path = join(path, token)
		}
	}
	return path, false
}

// isIndex treats a name of digits as an index: no known field has such a name.
func isIndex(token string) bool {
	return token != "" && len(token) <= 6 && strings.Trim(token, "0123456789") == ""
}

func wholeBody(problem, fix string) error { return &validation.FieldError{Problem: problem, Fix: fix} }

func tooDeep(path string) error {
	return &validation.FieldError{
		Field: path, Problem: fmt.Sprintf("is nested deeper than %d levels", maxJSONDepth),
		Fix: "send only the documented fields",
	}
}

// reader walks a value whose syntax was checked.
type reader struct{ *jsontext.Decoder }

func (r reader) value(path string, depth int) (any, error) {
	token, err := r.ReadToken()
	if err != nil {
		return nil, wholeBody("is not JSON", "send one JSON object")
	}
	switch token.Kind() {
	case '{', '[':
		if depth == maxJSONDepth {
			return nil, tooDeep(path)
		}
		if token.Kind() == '{' {
			return r.object(path, depth+1)
		}
		return r.array(path, depth+1)
	case '"':
		text := token.String()
		return text, checkText(path, text)
	case '0':
		return json.Number(token.String()), nil
	case 't', 'f':
		return token.Bool(), nil
	default:
		return nil, nil
	}
}

func (r reader) object(path string, depth int) (any, error) {
	object := map[string]any{}
	for r.PeekKind() == '"' {
		token, err := r.ReadToken()
		if err != nil {
			return nil, wholeBody("is not JSON", "send one JSON object")
		}
		key := token.String()
		child := join(path, key)
		if err := checkText(child, key); err != nil {
			return nil, err
		}
		if object[key], err = r.value(child, depth); err != nil {
			return nil, err
		}
	}
	return object, r.end()
}

func (r reader) array(path string, depth int) (any, error) {
	array := []any{}
	for r.PeekKind() != ']' {
		element, err := r.value(fmt.Sprintf("%s[%d]", path, len(array)), depth)
		if err != nil {
			return nil, err
		}
		array = append(array, element)
	}
	return array, r.end()
}

// end reads the closing delimiter of an object or an array.
func (r reader) end() error {
	if _, err := r.ReadToken(); err != nil {
		return wholeBody("is not JSON", "send one JSON object")
	}
	return nil
}

const characterFix = "send the character itself as UTF-8"

// checkText refuses NUL, and U+FFFD, by which an earlier decoder may have replaced invalid input.
func checkText(path, text string) error {
	switch {
	case strings.ContainsRune(text, 0):
		return &validation.FieldError{Field: path, Problem: "has a NUL character", Fix: "remove it"}
	case strings.ContainsRune(text, utf8.RuneError):
		return &validation.FieldError{Field: path, Problem: "has the replacement character U+FFFD", Fix: characterFix}
	}
	return nil
}

// maxShownKey limits how much of an unknown field's name is repeated in an error.
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
