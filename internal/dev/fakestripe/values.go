package fakestripe

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// value is a parameter as sent: a text, or fields by name; the fields of a list are numbered.
type value struct {
	text   string
	leaf   bool
	fields map[string]*value
}

func (v *value) field(name string) *value {
	if v.fields == nil {
		v.fields = map[string]*value{}
	}
	if v.fields[name] == nil {
		v.fields[name] = &value{}
	}
	return v.fields[name]
}

// nested parses names like a[b][c], a[0] and a[] as Stripe does (stripe.com/docs/api: form-encoded request bodies).
func nested(form url.Values) *value {
	root := &value{fields: map[string]*value{}}
	for name, texts := range form {
		keys := keysOf(name)
		if keys[len(keys)-1] != "" {
			root.at(keys).set(texts[len(texts)-1])
			continue
		}
		list := root.at(keys[:len(keys)-1])
		for i, text := range texts {
			list.field(strconv.Itoa(i)).set(text)
		}
	}
	return root
}

func (v *value) set(text string) { v.text, v.leaf = text, true }

func (v *value) at(keys []string) *value {
	for _, key := range keys {
		if key == "" { // a list of objects without numbers has one element
			key = "0"
		}
		v = v.field(key)
	}
	return v
}

// keysOf splits a parameter's name: "a[b][c]" becomes a, b, c.
func keysOf(name string) []string {
	top, rest, found := strings.Cut(name, "[")
	if !found || top == "" || !strings.HasSuffix(rest, "]") {
		return []string{name}
	}
	return append([]string{top}, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
}

// names returns the names of the fields, in order.
func (v *value) names() []string {
	names := make([]string, 0, len(v.fields))
	for name := range v.fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// isList reports whether all fields are numbered.
func (v *value) isList() bool {
	for name := range v.fields {
		if _, err := strconv.ParseUint(name, 10, 16); err != nil {
			return false
		}
	}
	return len(v.fields) > 0
}
