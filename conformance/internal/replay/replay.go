// Package replay sends the requests that tests sent to the stand-in to stripe-mock: what the stand-in accepted, Stripe has to accept. It
// imports internal/dev/fakestripe.
package replay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"farebook/internal/dev/fakestripe"
)

// Shapes that a directory has.
func Shapes(dir string) ([]fakestripe.Shape, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	out := make([]fakestripe.Shape, 0, len(files))
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // the caller's directory
		if err != nil {
			return nil, err
		}
		var shape fakestripe.Shape
		if err := json.Unmarshal(text, &shape); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, shape)
	}
	return out, nil
}

// Against asks the judge about each shape that the stand-in took, and returns how many and what was refused.
func Against(judge http.Handler, shapes []fakestripe.Shape) (replayed int, refused []string) {
	for _, shape := range shapes {
		if shape.Refused != "" {
			continue // stripe-mock reads less than Stripe does: see TestStrictness
		}
		replayed++
		recorder := httptest.NewRecorder()
		judge.ServeHTTP(recorder, request(shape))
		if recorder.Code >= http.StatusBadRequest {
			refused = append(refused, fmt.Sprintf("%s %s %s: %d %s", shape.Method, shape.Path, shape.Parameters, recorder.Code, recorder.Body))
		}
	}
	return replayed, refused
}

func request(shape fakestripe.Shape) *http.Request {
	path, body := shape.Path, ""
	if shape.Method == http.MethodGet {
		path += "?" + shape.Parameters
	} else {
		body = shape.Parameters
	}
	out := httptest.NewRequest(shape.Method, path, strings.NewReader(body))
	out.Header.Set("Authorization", "Bearer sk_test_123456789012")
	if shape.Method != http.MethodGet {
		out.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return out
}
