// Command parameters writes what the main module needs of Stripe's OpenAPI document (MIT licence, embedded in stripe-mock):
// internal/dev/fakestripe/parameters.json, by which the stand-in judges requests for the endpoints that it serves, and
// test/testdata/stripe_events.json, an event of each type. Run by `make generate`.
package main

import (
	"fmt"
	"os"

	"farebook/conformance/internal/trimmed"
)

func main() {
	for path, content := range map[string]func() ([]byte, error){
		"../internal/dev/fakestripe/parameters.json": trimmed.Parameters,
		"../test/testdata/stripe_events.json":        trimmed.Events,
	} {
		if err := write(path, content); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err) // there is no other place to say it
			os.Exit(1)
		}
	}
}

func write(path string, content func() ([]byte, error)) error {
	text, err := content()
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644) //nolint:gosec // a file of the repository
}
