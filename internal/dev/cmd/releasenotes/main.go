// Command releasenotes prints a version's section of CHANGELOG.md: the notes of its release. Without a version, it prints what the next
// release has.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "releasenotes:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 1 {
		return errors.New("name at most one version, such as v1.2.3")
	}
	text, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return fmt.Errorf("%w: run it in the top folder", err)
	}
	version := unreleased
	if len(args) == 1 && args[0] != "" {
		version = strings.TrimPrefix(args[0], "v")
	}
	notes, err := section(string(text), version)
	if err != nil {
		return err
	}
	fmt.Print(notes)
	return nil
}
