package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"farebook/internal/logging"
)

// FuzzRedact puts a secret between two texts, as a word on its own: it never comes out, and the line stays JSON.
func FuzzRedact(f *testing.F) {
	f.Add("booking failed for", "at once")
	f.Add(`"email":"`, `"`)
	f.Add("card", "12/34")
	f.Add("1 2 3", "123")
	f.Add("<fb-7k2m9qxa.confirmation@", "@bookings.farebook.example>")
	f.Fuzz(func(t *testing.T, before, after string) {
		for name, canary := range canaries {
			if strings.Contains(before+after, canary) {
				continue
			}
			got := logging.Redact(before + " " + holding(name, canary) + " " + after)
			if strings.Contains(got, canary) {
				t.Fatalf("the %s comes out: %q", name, got)
			}
		}
		var out bytes.Buffer
		logging.New(&out, "api", "info").InfoContext(context.Background(), before, after, after, "key", before)
		for line := range bytes.Lines(out.Bytes()) {
			if !json.Valid(line) {
				t.Fatalf("no JSON: %q", line)
			}
		}
	})
}
