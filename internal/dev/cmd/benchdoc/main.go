// Command benchdoc writes the results that benchmarks have kept in var/bench into a document, between the marks of their commands, and the
// charts of one of them as JSON for internal/dev/plot to standard output. Run by `make bench-docs`.
// It imports internal/dev/measured.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"farebook/internal/dev/measured"
)

func main() {
	results := flag.String("results", "var/bench", "directory that the benchmarks write")
	document := flag.String("write", "docs/performance.md", "document with the marks")
	image := flag.String("image", "performance.svg", "image that the document shows, by its path from there")
	flag.Parse()
	if err := run(*results, *document, *image); err != nil {
		fmt.Fprintln(os.Stderr, "benchdoc:", err)
		os.Exit(1)
	}
}

func run(results, document, image string) error {
	files, err := filepath.Glob(filepath.Join(results, "bookings-*.json"))
	if err != nil {
		return err
	}
	drawn := filepath.Join(results, "bookings-sqlite.json") // the server that everybody has: it comes first
	if i := slices.Index(files, drawn); i > 0 {
		files = slices.Insert(slices.Delete(files, i, i+1), 0, drawn)
	}
	var text strings.Builder
	var panels []measured.Panel
	for _, file := range files {
		var result measured.Bookings
		if err := measured.Load(file, &result); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if file == drawn {
			panels = result.Panels()
			fmt.Fprintf(&text, "![Rates, first answers and CPU time](%s)\n\n", image)
		}
		text.WriteString(result.Markdown() + "\n")
	}
	if panels == nil {
		return errors.New("no result is kept: run make bench, on a machine that does nothing else")
	}
	if err := measured.Write(document, "make bench", strings.TrimSuffix(text.String(), "\n")); err != nil {
		return err
	}
	if err := writeSoak(filepath.Join(results, "soak.json"), document); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(panels)
}

// writeSoak writes the result of a soak, if one is kept.
func writeSoak(file, document string) error {
	var result measured.Soak
	err := measured.Load(file, &result)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return measured.Write(document, "make bench-soak", strings.TrimSuffix(result.Markdown(), "\n"))
}
