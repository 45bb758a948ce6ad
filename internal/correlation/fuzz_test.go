package correlation

import (
	"strings"
	"testing"
)

// An id from outside that is taken can stand in a header, a log line and a URN as it is, and is no card number and no run's.
func FuzzValid(f *testing.F) {
	for _, seed := range []string{
		"request-0001", "short", "4242424242424242", "recon_abc123", "a.b-c.d-e", "aaaaaaa\n", "\xff\xfe",
		"a@b.example.com",
	} {
		f.Add(seed)
	}
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-"
	f.Fuzz(func(t *testing.T, id string) {
		if !Valid(id) {
			return
		}
		if len(id) < 8 || len(id) > 64 || strings.Trim(id, allowed) != "" || strings.Trim(id, "0123456789.-") == "" || IsRun(id) {
			t.Fatalf("taken: %q", id)
		}
		if From(With(t.Context(), id)) != id {
			t.Fatalf("another id comes out of the context: %q", id)
		}
	})
}
