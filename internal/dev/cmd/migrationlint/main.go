// Command migrationlint checks that no migration blocks bookings on a large table: DDL on a table that exists says how it locks, and no
// statement changes or reads a whole table. docs/schema-changes.md has the rule.
//
//	migrationlint [DIRECTORY]
//
// It prints one finding a line (file:line: what is wrong and what to write instead) and exits with 1 if there are any.
//
// Statements are parsed by TiDB's parser, which has the grammar of MySQL 8. vitess has one too, but as a package of its server, whose
// module requires other versions of what production runs. It imports migrations, for how the runner splits a file.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
)

// firstChecked is the first migration that the rule covers: those before it had landed when it was made. docs/schema-changes.md says
// which of them block.
const firstChecked = 41

func main() {
	directory := filepath.Join("migrations", "sql")
	if len(os.Args) > 1 {
		directory = os.Args[1]
	}
	found, err := checkFolder(directory)
	if err != nil {
		fmt.Fprintln(os.Stderr, "migrationlint:", err)
		os.Exit(2)
	}
	for _, f := range found {
		fmt.Println(f)
	}
	if len(found) > 0 {
		os.Exit(1)
	}
}

// finding is one place that breaks the rule.
type finding struct {
	file    string
	line    int // 1 for the first
	message string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.file, f.line, f.message) }

// checkFolder returns the findings of every migration from firstChecked on, in the order of files and lines.
func checkFolder(directory string) ([]finding, error) {
	names, err := filepath.Glob(filepath.Join(directory, "*.sql"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no migration in %s", directory)
	}
	var found []finding
	for _, name := range names {
		number, err := goose.NumericComponent(name)
		if err != nil {
			return nil, err
		}
		if number < firstChecked {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		found = append(found, checkFile(name, string(source))...)
	}
	return found, nil
}
