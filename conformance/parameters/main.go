// Command parameters writes internal/stripestand/parameters.json: of Stripe's OpenAPI document (MIT licence, embedded in
// stripe-mock) what the stand-in needs to judge requests, for the endpoints that it serves. Run by `make generate`.
package main

import (
	"fmt"
	"os"

	"farebook/conformance/internal/trimmed"
)

func main() {
	path := "../internal/stripestand/parameters.json"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	text, err := trimmed.Parameters()
	if err == nil {
		err = os.WriteFile(path, text, 0o644) //nolint:gosec // a file of the repository
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err) // there is no other place to say it
		os.Exit(1)
	}
}
