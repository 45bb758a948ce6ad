// Package failpoints finds the failpoints of the source. It imports nothing of the project.
package failpoints

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var hit = regexp.MustCompile(`failpoint\.Hit\("([^"]+)"\)`)

// notSource are folders of a checkout that git, npm and the Makefile fill.
var notSource = []string{".git", "node_modules", "var"}

// In returns the names of all failpoints below folders, in order. Tests have none, and a folder without any is an error.
func In(folders ...string) (names []string, err error) {
	for _, folder := range folders {
		before := len(names)
		if err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && slices.Contains(notSource, entry.Name()) {
				return filepath.SkipDir
			}
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, match := range hit.FindAllSubmatch(text, -1) {
				names = append(names, string(match[1]))
			}
			return err
		}); err != nil {
			return nil, err
		}
		if len(names) == before {
			return nil, fmt.Errorf("no failpoint below %s", folder)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
