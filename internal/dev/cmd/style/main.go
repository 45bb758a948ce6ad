// Command style checks what golangci-lint has no linter for: phrases that the project does not write, assignments hidden in the
// condition of an if, package comments that do not say what the package imports, and the subjects of commits.
//
//	style [-since COMMIT] [DIRECTORY]
//
// It prints one finding a line (file:line: what is wrong and what to write instead) and exits with 1 if there are any.
//
// It is a program of ours because no maintained linter reads all of these places: misspell takes single words only, Vale reads
// comments and Markdown but no string literals, forbidigo reads identifiers only. It imports the standard library only.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	since := flag.String("since", "", "check the subjects of the commits after this `COMMIT`")
	flag.Parse()
	directory := "."
	if flag.NArg() > 0 {
		directory = flag.Arg(0)
	}
	found, err := run(context.Background(), directory, *since)
	if err != nil {
		fmt.Fprintln(os.Stderr, "style:", err)
		os.Exit(2)
	}
	report(os.Stdout, found)
	if len(found) > 0 {
		os.Exit(1)
	}
}

// run returns every finding in the files of a directory and, with since, in its commits.
func run(ctx context.Context, directory, since string) ([]finding, error) {
	found, err := checkFiles(directory)
	if err != nil {
		return nil, err
	}
	packages, err := checkPackages(directory)
	if err != nil {
		return nil, err
	}
	found = append(found, packages...)
	if since == "" {
		return found, nil
	}
	subjects, err := checkSubjects(ctx, directory, since)
	return append(found, subjects...), err
}

// finding is one place that breaks a rule.
type finding struct {
	file    string // relative to the directory that is checked; for a commit, its abbreviated hash
	line    int    // 1 for the first; 0 for a commit
	message string
}

func report(out io.Writer, found []finding) {
	for _, f := range found {
		if f.line == 0 {
			_, _ = fmt.Fprintf(out, "%s: %s\n", f.file, f.message)
		} else {
			_, _ = fmt.Fprintf(out, "%s:%d: %s\n", f.file, f.line, f.message)
		}
	}
}
