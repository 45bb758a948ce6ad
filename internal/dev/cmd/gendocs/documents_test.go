package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/failpoints"
)

// root is the project's top folder.
var root = filepath.Join("..", "..", "..", "..")

// documents returns the text of every document by its path from the top folder.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{
		"*.md", "docs/*.md", "docs/decisions/*.md", "docs/guides/*.md", "test/*.md", "sdk/*/*.md", "examples/*/*.md",
	} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, path := range paths {
			name, err := filepath.Rel(root, path)
			require.NoError(t, err)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			texts[name] = string(text)
		}
	}
	require.Contains(t, texts, "ARCHITECTURE.md")
	require.Contains(t, texts, "docs/decisions/README.md")
	return texts
}

var (
	quotedPath = regexp.MustCompile("`([A-Za-z0-9_.*-]+/[A-Za-z0-9_.*/-]*)`")
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ (.+)$`)
	pointName  = regexp.MustCompile("`((?:[a-z]+-)+[a-z]+)`")
)

// A file or folder that a document names exists, so that a document follows each move. The changelog tells of the past and may name
// what has moved since.
func TestPathsInDocumentsExist(t *testing.T) {
	t.Parallel()
	for document, text := range documents(t) {
		if document == "CHANGELOG.md" {
			continue
		}
		for _, found := range quotedPath.FindAllStringSubmatch(text, -1) {
			top, _, _ := strings.Cut(found[1], "/")
			info, err := os.Stat(filepath.Join(root, top))
			if err != nil || !info.IsDir() || top == "var" {
				continue // not a path of the project, such as a media type
			}
			paths, err := filepath.Glob(filepath.Join(root, found[1]))
			require.NoError(t, err)
			require.NotEmpty(t, paths, "%s names %s, which does not exist", document, found[1])
		}
	}
}

func TestLinksInDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := documents(t)
	for document, text := range all {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(found[1], "#")
			target := filepath.Join(filepath.Dir(document), path)
			if path == "" {
				target = document
			}
			_, err := os.Stat(filepath.Join(root, target))
			require.NoError(t, err, "%s links to %s", document, found[1])
			if anchor != "" {
				require.Contains(t, anchors(all[target]), anchor, "%s links to %s", document, found[1])
			}
		}
	}
}

// anchors returns the names under which the headings of a page can be linked to.
func anchors(text string) []string {
	var names []string
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\w -]`).ReplaceAllString(strings.ToLower(found[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

func TestEachDecisionIsInTheIndex(t *testing.T) {
	t.Parallel()
	all := documents(t)
	numbers := map[string]string{}
	for document, text := range all {
		name, isDecision := strings.CutPrefix(document, "docs/decisions/")
		if !isDecision || name == "README.md" {
			continue
		}
		number, _, _ := strings.Cut(name, "-")
		require.Empty(t, numbers[number], "two decisions have the number %s", number)
		numbers[number] = name
		require.Contains(t, all["docs/decisions/README.md"], "("+name+")")
		for _, section := range []string{"\nStatus: ", "\n## Context\n", "\n## Decision\n", "\n## Consequences\n"} {
			require.Contains(t, text, section, document)
		}
	}
	require.NotEmpty(t, numbers)
}

// docs/side-effects.md names every place at which tests kill a process, and no other.
func TestEachFailpointIsDocumented(t *testing.T) {
	t.Parallel()
	names, err := failpoints.In(root)
	require.NoError(t, err)
	inCode := map[string]bool{}
	for _, name := range names {
		inCode[name] = true
	}
	documented := map[string]bool{}
	for row := range strings.Lines(documents(t)["docs/side-effects.md"]) {
		if columns := strings.Split(row, "|"); len(columns) > 3 {
			for _, found := range pointName.FindAllStringSubmatch(columns[3], -1) {
				documented[found[1]] = true
			}
		}
	}
	require.NotEmpty(t, inCode)
	require.Equal(t, slices.Sorted(maps.Keys(inCode)), slices.Sorted(maps.Keys(documented)))
}

var walkStep = regexp.MustCompile("(?m)^\\| `([^`]+\\.go)` \\| `(\\w+)` \\|")

// Each step of docs/walks.md names a function in the file where it is.
func TestWalksNameFunctionsThatExist(t *testing.T) {
	t.Parallel()
	steps := walkStep.FindAllStringSubmatch(documents(t)["docs/walks.md"], -1)
	require.NotEmpty(t, steps)
	for _, step := range steps {
		source, err := os.ReadFile(filepath.Join(root, step[1]))
		require.NoError(t, err)
		declared := regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + step[2] + `\b`)
		require.Regexp(t, declared, string(source), "%s has no function %s", step[1], step[2])
	}
}
