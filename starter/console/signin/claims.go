package signin

import (
	"strings"
	"unicode"

	"farebook/access"
)

// namesIn are the names that a claim has: a text, a list of texts, or an object whose fields are the names, as issuers write roles. path is
// the name of the claim, which may have dots, or else leads through objects.
func namesIn(claims map[string]any, path string) []string {
	value, known := claims[path]
	if !known {
		first, rest, deeper := strings.Cut(path, ".")
		inner, isObject := claims[first].(map[string]any)
		if !deeper || !isObject {
			return nil
		}
		return namesIn(inner, rest)
	}
	var names []string
	switch value := value.(type) {
	case string:
		names = append(names, strings.FieldsFunc(value, func(c rune) bool { return c == ' ' || c == ',' })...)
	case []any:
		for _, one := range value {
			if name, isText := one.(string); isText {
				names = append(names, name)
			}
		}
	case map[string]any:
		for name := range value {
			names = append(names, name)
		}
	}
	return names
}

// roleOf is the strongest role that the claims give; empty for none.
func (c Config) roleOf(claims map[string]any) access.Role {
	var roles []access.Role
	for _, name := range namesIn(claims, c.RoleClaim) {
		if role, known := c.Roles[name]; known {
			roles = append(roles, role)
		}
	}
	return access.Strongest(roles)
}

// nameOf is the name to show and to write into the audit log. A mail address is not taken: the log needs none.
func nameOf(who identity) string {
	for _, claim := range []string{"name", "preferred_username", "nickname", "given_name"} {
		text, isText := who.claims[claim].(string)
		text = strings.TrimSpace(strings.Map(printable, text))
		if isText && text != "" && !strings.Contains(text, "@") {
			return text
		}
	}
	return who.subject
}

// printable leaves out what has no letter to show, such as marks that turn the direction of a line.
func printable(c rune) rune {
	if unicode.IsPrint(c) {
		return c
	}
	return -1
}
