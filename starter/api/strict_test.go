package api

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/validation"
)

func TestStrictReader(t *testing.T) {
	t.Parallel()
	got, err := parseStrict([]byte(` {"a":[1,-0,1e400,"x\u00e9",true,false,null],"b":{}} `))
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"a": []any{json.Number("1"), json.Number("-0"), json.Number("1e400"), "xé", true, false, nil},
		"b": map[string]any{},
	}, got)
}

// What is refused names the place: the field, or the byte where the JSON stops being JSON.
func TestStrictReaderSaysWhere(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]validation.FieldError{
		``:         {Problem: "is empty"},
		`{"a":01}`: {Problem: "is not JSON, at byte 6"},
		`{"flight":{"passengers":[{},{"n":'a'}]}}`: {Problem: "is not JSON, at byte 33 in flight.passengers[1].n"},
		`{"a":{"b":1,"b":2}}`:                      {Field: "a.b", Problem: "is duplicated"},
		`{"list":[1,{"c":1,"\u0063":2}]}`:          {Field: "list[1].c", Problem: "is duplicated"},
		`{"a":{"b":["x","\udc00"]}}`: {
			Field:   "a.b[1]",
			Problem: "has an escape that is not a character, such as half of a surrogate pair",
		},
		`{"a":"\u00g0"}`:           {Field: "a", Problem: "has an escape that is not a character, such as half of a surrogate pair"},
		`{"a":["\ufffd"]}`:         {Field: "a[0]", Problem: "has the replacement character U+FFFD"},
		"{\"a\":\"\xed\xa0\x80\"}": {Problem: "is not UTF-8"},
		`{"a":1`:                   {Problem: "ends inside the JSON value, at byte 6"},
		`{"a":"x`:                  {Problem: "ends inside the JSON value, at byte 7"},
		`{} {}`:                    {Problem: "has more data after the JSON value, at byte 2"},
		"\ufeff{}":                 {Problem: "is not JSON, at byte 0"},
		strings.Repeat(`{"a":`, 9) + `1` + strings.Repeat(`}`, 9): {Field: "a.a.a.a.a.a.a.a", Problem: "is nested deeper than 8 levels"},
		strings.Repeat(`[`, 5000):                                 {Problem: "is nested deeper than 8 levels"},
		`{"` + strings.Repeat("k", 90) + `":"\u0000"}`:            {Field: strings.Repeat("k", 60) + "…", Problem: "has a NUL character"},
	} {
		value, err := parseStrict([]byte(body))
		require.Nil(t, value, "%.60q", body)
		var found *validation.FieldError
		require.True(t, errors.As(err, &found), "%.60q: %v", body, err)
		require.Equal(t, want, validation.FieldError{Field: found.Field, Problem: found.Problem}, "%.60q", body)
		if !strings.Contains(found.Problem, "twice") {
			require.NotEmpty(t, found.Fix)
		}
	}
}
