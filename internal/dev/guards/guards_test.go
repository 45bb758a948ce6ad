package guards

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../../.."

// Each guard of the list is in its file exactly once, what is left of a Go file parses, and the tests that it names exist.
func TestEachGuardIsInItsFileOnce(t *testing.T) {
	t.Parallel()
	for _, guard := range List() {
		changed, err := guard.Without(root)
		if !assert.NoError(t, err, guard.Name) || !strings.HasSuffix(guard.File, ".go") {
			continue
		}
		_, err = parser.ParseFile(token.NewFileSet(), guard.File, changed, parser.SkipObjectResolution)
		assert.NoError(t, err, guard.Name)
	}
}

func TestEachGuardNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	tests := map[string]string{}
	for _, guard := range List() {
		if guard.Equivalent != "" || guard.Run == "." {
			continue
		}
		if tests[guard.Package] == "" {
			tests[guard.Package] = testNames(t, guard.Package)
		}
		for one := range strings.SplitSeq(guard.Run, "|") {
			pattern := regexp.MustCompile(`(?m)` + strings.NewReplacer("^", "(^)", "$", "($)").Replace(one))
			assert.True(t, pattern.MatchString(tests[guard.Package]), "%s: %s has no test %s", guard.Name, guard.Package, one)
		}
	}
}

// testNames are the names of the tests of a package, a line each.
func testNames(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	require.NoError(t, err)
	var names []string
	for _, path := range files {
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example)\w*)\(`).FindAllSubmatch(source, -1) {
			names = append(names, string(found[1]))
		}
	}
	return strings.Join(names, "\n")
}

func TestNamesAreUniqueAndTheListIsLong(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, guard := range List() {
		assert.False(t, seen[guard.Name], guard.Name)
		seen[guard.Name] = true
	}
	assert.GreaterOrEqual(t, len(seen), 80, "guards")
}

const sample = `package sample

type box[K comparable] struct{}

func (b *box[K]) open(n int) string {
	if n > 1 && n < 9 {
		lock()
	}
	return "SELECT 1 FOR UPDATE"
}
`

func TestAGuardIsLocatedBySource(t *testing.T) {
	t.Parallel()
	for cut, want := range map[string]string{
		"n > 1":       "n > 1",
		"n >  1":      "n > 1",
		"lock()":      "lock()",
		" FOR UPDATE": " FOR UPDATE",
	} {
		at, err := locate([]byte(sample), Guard{File: "sample.go", Func: "box.open", Cut: cut})
		require.NoError(t, err)
		assert.Equal(t, want, sample[at.from:at.to])
	}
	for _, cut := range []string{"n", "m > 1", "SELECT 2"} {
		_, err := locate([]byte(sample), Guard{File: "sample.go", Func: "box.open", Cut: cut})
		assert.Error(t, err, cut)
	}
	_, err := locate([]byte(sample), Guard{File: "sample.go", Func: "open", Cut: "n > 1"})
	require.ErrorContains(t, err, "has no function open")
	_, err = locate([]byte(sample), Guard{File: "sample.go", Cut: "n"})
	assert.ErrorContains(t, err, "times")
}

func TestOutputsAreJudged(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]Result{
		"--- FAIL: TestOne (0.00s)\n    --- FAIL: TestOne/sub\nFAIL": {Outcome: Caught, By: "TestOne"},
		"panic: test timed out after 4m0s":                           {Outcome: Caught, By: "time-out"},
		"FAIL farebook/money [build failed]":                         {Outcome: Broken},
	} {
		outcome, by := judge([]byte(output), true)
		assert.Equal(t, want.Outcome, outcome, output)
		assert.Contains(t, by, want.By, output)
	}
	outcome, _ := judge([]byte("ok farebook/money"), false)
	assert.Equal(t, Missed, outcome)
}

func TestPartsCoverTheListOnce(t *testing.T) {
	t.Parallel()
	var names []string
	for part := 1; part <= 3; part++ {
		for _, guard := range Select(List(), Selection{Part: part, Of: 3}) {
			names = append(names, guard.Name)
		}
	}
	var all []string
	for _, guard := range List() {
		all = append(all, guard.Name)
	}
	assert.ElementsMatch(t, all, names)
}

func TestResultsAreKeptForWhatTheyWereFoundFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "var", "results.jsonl")
	kept, err := OpenKept(path)
	require.NoError(t, err)
	require.NoError(t, kept.Add(Result{Name: "money.minimum", Digest: "a", Outcome: Caught, By: "TestOne"}))
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = file.WriteString(`{"name":"cut of`)
	require.NoError(t, err)
	require.NoError(t, file.Close())

	kept, err = OpenKept(path)
	require.NoError(t, err)
	found, known := kept.Find("money.minimum", "a")
	assert.True(t, known)
	assert.Equal(t, Caught, found.Outcome)
	_, known = kept.Find("money.minimum", "b")
	assert.False(t, known, "of another source")

	require.NoError(t, kept.Add(Result{Name: "money.maximum", Digest: "a", Outcome: Caught, By: "TestTwo"}))
	kept, err = OpenKept(path)
	require.NoError(t, err)
	_, known = kept.Find("money.maximum", "a")
	assert.True(t, known, "added behind half a line")
}
