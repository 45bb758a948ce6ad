// Command answers holds what the stand-in answered after a storm against Stripe's schemas. It fails if there is nothing, or if an answer is
// not valid.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"farebook/conformance/internal/schema"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "answers:", err) // there is no other place to say it
		os.Exit(1)
	}
}

// run reads a JSON line for each answer: {"schema": "refund", "body": {...}}.
func run(arguments []string) (err error) {
	if len(arguments) != 1 {
		return errors.New("name the file with the answers")
	}
	file, err := os.Open(arguments[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	valid := 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var answer struct {
			Schema string
			Body   json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &answer); err != nil {
			return err
		}
		if err := schema.Check(answer.Schema, answer.Body); err != nil {
			return fmt.Errorf("%w\n%s", err, answer.Body)
		}
		valid++
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if valid == 0 {
		return fmt.Errorf("no answers in %s: run `make storm`", arguments[0])
	}
	_, err = fmt.Fprintf(os.Stdout, "%d objects of the stand-in held against Stripe's schemas: all valid\n", valid)
	return err
}
