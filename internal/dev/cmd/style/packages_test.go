package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPackageCommentsSayWhatThePackageImports(t *testing.T) {
	const (
		described = "// Package a adds. It imports money.\npackage a\n"

		missing     = "package a has no package comment: write what it is for and what it imports"
		missingMain = "package main has no package comment: write what it is for and what it imports"
		silent      = `the package comment does not say what package a imports: add a sentence such as "It imports booking and money."`
	)
	for name, c := range map[string]struct {
		files map[string]string
		wrong string // file:line: message, or nothing
	}{
		"a purpose and imports":           {files: map[string]string{"a.go": described}},
		"imports at the end of a line":    {files: map[string]string{"a.go": "// Package a adds. It\n// imports\n// money.\npackage a\n"}},
		"what it may import":              {files: map[string]string{"a.go": "// Package a adds. It may import money.\npackage a\n"}},
		"a comment in another file":       {files: map[string]string{"a.go": "package a\n", "doc.go": described}},
		"no comment":                      {map[string]string{"a.go": "package a\n"}, "a.go:1: " + missing},
		"a comment apart from the clause": {map[string]string{"a.go": "// Package a imports money.\n\npackage a\n"}, "a.go:3: " + missing},
		"a directive only":                {map[string]string{"a.go": "//go:generate x\npackage a\n"}, "a.go:2: " + missing},
		"a purpose only":                  {map[string]string{"a.go": "// Package a adds.\npackage a\n"}, "a.go:2: " + silent},
		"another word with import in it":  {map[string]string{"a.go": "// Package a is important.\npackage a\n"}, "a.go:2: " + silent},
		"a comment of a test file":        {map[string]string{"a_test.go": described, "b.go": "package a\n"}, "b.go:1: " + missing},
		"a purpose of tests only":         {files: map[string]string{"a_test.go": "// Package a tests.\npackage a\n"}},
		"no comment of tests only":        {map[string]string{"a_test.go": "package a\n"}, "a_test.go:1: " + missing},
		"external tests of a package":     {files: map[string]string{"a.go": described, "a_test.go": "package a_test\n"}},
		"a purpose of a command":          {files: map[string]string{"a.go": "// Command a adds.\npackage main\n"}},
		"no comment of a command":         {map[string]string{"a.go": "package main\n"}, "a.go:1: " + missingMain},
		"a command beside its package": {
			map[string]string{"a.go": described, "b.go": "//go:build ignore\n\npackage main\n"},
			"b.go:3: " + missingMain,
		},
		"a package called imports": {
			map[string]string{"a.go": "// Package imports adds.\npackage imports\n"},
			strings.Replace("a.go:2: "+silent, "package a imports", "package imports imports", 1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.wrong, packageFaults(t, c.files))
		})
	}
}

// Packages of the same name in two directories are two packages.
func TestPackageCommentsAreOneADirectory(t *testing.T) {
	faults := packageFaults(t, map[string]string{
		"a/a.go": "// Package a adds. It imports money.\npackage a\n", "b/a.go": "package a\n", "testdata/a.go": "package a\n",
	})
	require.Equal(t, "b/a.go:1: package a has no package comment: write what it is for and what it imports", faults)
}

// packageFaults writes the files to a directory and returns what is wrong with their packages, one finding a line.
func packageFaults(t *testing.T, files map[string]string) string {
	t.Helper()
	directory := t.TempDir()
	for name, content := range files {
		path := filepath.Join(directory, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	found, err := checkPackages(directory)
	require.NoError(t, err)
	return printed(found)
}
