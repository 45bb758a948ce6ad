// Package words has all texts of the console in every language. Texts are in en/ and ar/, one file for each group of pages, and are found
// by ids such as bookings.title. It imports go-i18n and the standard library.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed en/*.json ar/*.json
var files embed.FS

// Languages are those that the console speaks, the default first.
var Languages = []string{"en", "ar"}

// catalog holds all texts. A file that cannot be read ends the program at its start, and the test of this package before.
var catalog = func() *i18n.Bundle {
	bundle, err := load(files)
	if err != nil {
		panic(err)
	}
	return bundle
}()

func load(from fs.FS) (*i18n.Bundle, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, tongue := range Languages {
		found, err := fs.Glob(from, tongue+"/*.json")
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			content, err := fs.ReadFile(from, name)
			if err != nil {
				return nil, err
			}
			// go-i18n reads the language from the end of a file's name: texts.en.json.
			if _, err := bundle.ParseMessageFileBytes(content, path.Base(path.Dir(name))+".json"); err != nil {
				return nil, fmt.Errorf("words/%s: %w", name, err)
			}
		}
	}
	return bundle, nil
}

// Words are the texts of one language.
type Words struct {
	language  string
	localizer *i18n.Localizer
}

// In returns the words of a language, or those of the default one if the console does not speak it.
func In(tongue string) *Words {
	if !slices.Contains(Languages, tongue) {
		tongue = Languages[0]
	}
	return &Words{tongue, i18n.NewLocalizer(catalog, tongue)}
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Arabic})

// Preferred is the language that fits an Accept-Language header best.
func Preferred(acceptLanguage string) string {
	_, index := language.MatchStrings(matcher, acceptLanguage)
	return Languages[index]
}

// Language is the code of the language, for the attribute lang.
func (w *Words) Language() string { return w.language }

// Direction is the direction of the language, for the attribute dir.
func (w *Words) Direction() string {
	if w.language == "ar" {
		return "rtl"
	}
	return "ltr"
}

// T is the text with an id. args are pairs of a name and its value, which the text has as {{.Name}}; Count also decides the form of the
// plural. A text that does not exist is its id.
func (w *Words) T(id string, args ...any) string {
	text, found := w.find(id, args)
	if !found {
		return id
	}
	return text
}

// Or is the text with an id, or another text where that does not exist.
func (w *Words) Or(other, id string, args ...any) string {
	text, found := w.find(id, args)
	if !found {
		return other
	}
	return text
}

func (w *Words) find(id string, args []any) (string, bool) {
	config := &i18n.LocalizeConfig{MessageID: id}
	if len(args) > 0 {
		values := map[string]any{}
		for i := 0; i+1 < len(args); i += 2 {
			name, _ := args[i].(string)
			values[name] = w.isolated(args[i+1])
			if name == "Count" {
				config.PluralCount = args[i+1]
			}
		}
		config.TemplateData = values
	}
	text, err := w.localizer.Localize(config)
	return text, err == nil || text != ""
}

// isolated keeps a value that is a text, such as a reference or an amount, from turning the words around it: it is written in the direction
// of its first letter (Unicode TR 9, 2.4).
func (w *Words) isolated(value any) any {
	text, isText := value.(string)
	if !isText || w.Direction() == "ltr" {
		return value
	}
	return "\u2068" + text + "\u2069"
}
