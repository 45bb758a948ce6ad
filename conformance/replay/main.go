// Command replay sends the requests whose shapes `make test` kept to stripe-mock. It fails if there are none, or if Stripe's
// specification refuses one that the stand-in took.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"farebook/conformance/internal/mock"
	"farebook/conformance/internal/replay"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "replay:", err) // there is no other place to say it
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("name the directory with the shapes of requests")
	}
	shapes, err := replay.Shapes(arguments[0])
	if err != nil {
		return err
	}
	out := os.Stdout
	quiet, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	os.Stdout = quiet // stripe-mock's own lines
	defer func() { os.Stdout = out }()
	judge, err := mock.New()
	if err != nil {
		return err
	}
	replayed, refused := replay.Against(judge, shapes)
	switch {
	case len(refused) > 0:
		return fmt.Errorf("requests that the stand-in took are refused by Stripe's specification:\n%s", strings.Join(refused, "\n"))
	case replayed == 0:
		return fmt.Errorf("no requests in %s: run `make test`", arguments[0])
	}
	_, err = fmt.Fprintf(out, "%d shapes of requests replayed through stripe-mock: all taken\n", replayed)
	return err
}
