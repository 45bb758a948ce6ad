package words_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/starter/console/words"
)

// texts are the texts of a language by id, with the forms of each plural.
func texts(t *testing.T, language string) map[string]map[string]string {
	t.Helper()
	found, err := filepath.Glob(language + "/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	all := map[string]map[string]string{}
	for _, file := range found {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var raw map[string]any
		require.NoError(t, json.Unmarshal(content, &raw), file)
		for id, value := range raw {
			require.NotContains(t, all, id, "%s has an id of another file", file)
			switch value := value.(type) {
			case string:
				all[id] = map[string]string{"other": value}
			case map[string]any:
				all[id] = map[string]string{}
				for form, text := range value {
					all[id][form], _ = text.(string)
				}
			}
		}
	}
	return all
}

// forms are the forms of a plural that a language has (Unicode's rules of plurals).
var forms = map[string][]string{"en": {"one", "other"}, "ar": {"few", "many", "one", "other", "two", "zero"}}

func TestEachTextIsInEveryLanguage(t *testing.T) {
	t.Parallel()
	english := texts(t, "en")
	for _, language := range words.Languages {
		there := texts(t, language)
		require.ElementsMatch(t, slices.Collect(maps.Keys(english)), slices.Collect(maps.Keys(there)), "ids of %s", language)
		for id, text := range there {
			plural := len(english[id]) > 1
			require.Equal(t, plural, len(text) > 1, "%s: %s has plurals in one language only", language, id)
			if plural {
				require.Equal(t, forms[language], slices.Sorted(maps.Keys(text)), "%s: the forms of %s", language, id)
			}
			for form, content := range text {
				require.NotEmpty(t, strings.TrimSpace(content), "%s: %s", language, id)
				require.Equal(t, names(english[id]["other"]), names(content, "Count"), "%s: the values in %s, %s", language, id, form)
			}
		}
	}
}

var value = regexp.MustCompile(`{{\s*\.(\w+)\s*}}`)

// names are the values that a text has. A form of a plural may leave out the number, as "one booking" does.
func names(text string, optional ...string) []string {
	found := []string{}
	for _, match := range value.FindAllStringSubmatch(text, -1) {
		if match[1] != "Count" && !slices.Contains(optional, match[1]) && !slices.Contains(found, match[1]) {
			found = append(found, match[1])
		}
	}
	slices.Sort(found)
	return found
}

// Calls of T with an id, or with the beginning of one to which a value is added.
var (
	whole     = regexp.MustCompile(`\b(?:T|Nav|Or)\((?:\d+, |[\w.]+, )?"([a-z0-9-]+(?:\.[\w-]+)+)"`)
	beginning = regexp.MustCompile(`"([a-z0-9-]+(?:\.[\w-]+)*\.)"\s*\+`)
	literal   = regexp.MustCompile(`"([a-z0-9-]+(?:\.[\w-]+)+)"`)
)

// sources are all files of the console that may name a text.
func sources(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		generated := strings.HasSuffix(path, "_templ.go")
		test := strings.HasSuffix(path, "_test.go")
		if err != nil || generated || test || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ") {
			return err
		}
		content, err := os.ReadFile(path)
		found[path] = string(content)
		return err
	}))
	return found
}

func TestEachTextThatIsNamedExists(t *testing.T) {
	t.Parallel()
	english := texts(t, "en")
	seen := 0
	for path, content := range sources(t) {
		for _, match := range whole.FindAllStringSubmatch(content, -1) {
			require.Contains(t, english, match[1], path)
			seen++
		}
	}
	require.Greater(t, seen, 20, "no call was recognised")
}

func TestEachTextIsUsed(t *testing.T) {
	t.Parallel()
	used, begun := map[string]bool{}, []string{}
	for _, content := range sources(t) {
		for _, match := range literal.FindAllStringSubmatch(content, -1) {
			used[match[1]] = true
		}
		for _, match := range beginning.FindAllStringSubmatch(content, -1) {
			begun = append(begun, match[1])
		}
	}
	for id := range texts(t, "en") {
		dynamic := slices.ContainsFunc(begun, func(prefix string) bool { return strings.HasPrefix(id, prefix) })
		require.True(t, used[id] || dynamic, "nothing shows %s: remove it", id)
	}
}

func TestWordsFollowTheirLanguage(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Sign out", words.In("en").T("page.signout"))
	require.Equal(t, "تسجيل الخروج", words.In("ar").T("page.signout"))
	require.Equal(t, "rtl", words.In("ar").Direction())
	require.Equal(t, "en", words.In("fr").Language())
	require.Equal(t, "ar", words.Preferred("ar-AE,en;q=0.5"))
	require.Equal(t, "en", words.Preferred("de"))
	require.Equal(t, "no.such.text", words.In("ar").T("no.such.text"))
	require.Equal(t, "other", words.In("ar").Or("other", "no.such.text"))
	require.Contains(t, words.In("ar").T("signin.button", "Host", "login.example"), "\u2068login.example\u2069", "a value turns nothing")
}
