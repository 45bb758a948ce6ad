package page

import (
	"cmp"
	"strings"

	"github.com/a-h/templ"

	"farebook/starter/console/caller"
)

// Input is a field of a form.
type Input struct {
	// Problem is why the form was refused: Request.ProblemOf of where it is sent. nil for a form that was not, and for filters.
	Problem *caller.Problem
	// Group tells fields of one name in several forms of a page apart.
	Group string
	// Name is where the API names the field, without body or query: amount.value.
	Name, Label, Value string
	// Type is that of HTML: text, date, number, email, file, checkbox or textarea. Empty is text.
	Type string
	// Hint says what to write.
	Hint     string
	Required bool
	Checked  bool
	// Options make a choice of it.
	Options []Option
	// More are further attributes, such as maxlength or inputmode.
	More templ.Attributes
}

// Option is one of a choice.
type Option struct{ Value, Text string }

// Column is a column of a table. End aligns it to the end of the line, as amounts are.
type Column struct {
	Text string
	End  bool
}

// Choices are the options of a field by their texts. With a text for any, the first option is empty and stands for all of them.
func Choices(anyOf string, values []string, text func(value string) string) []Option {
	var all []Option
	if anyOf != "" {
		all = append(all, Option{Text: anyOf})
	}
	for _, value := range values {
		all = append(all, Option{Value: value, Text: text(value)})
	}
	return all
}

// Columns are those of a table by their names; + at the end of a name aligns the column to the end of the line.
func Columns(text func(name string) string, names ...string) []Column {
	all := make([]Column, len(names))
	for i, name := range names {
		name, end := strings.CutSuffix(name, "+")
		all[i] = Column{Text: text(name), End: end}
	}
	return all
}

func (in Input) id() string {
	return "f-" + in.Group + strings.NewReplacer(".", "-", "[", "-", "]", "", " ", "-").Replace(in.Name)
}

func (in Input) value() string { return cmp.Or(in.Value, "true") }

// problem is what is wrong with the field.
func (in Input) problem() string { return in.Problem.Of(in.Name) }

// attributes are those that depend on the field.
func (in Input) attributes(_ *Request) templ.Attributes {
	all := templ.Attributes{}
	if in.Options == nil && in.Type != "textarea" && in.Type != "checkbox" {
		all["type"] = cmp.Or(in.Type, "text")
		all["autocomplete"] = "off"
	}
	var described []string
	if in.Hint != "" {
		described = append(described, in.id()+"-hint")
	}
	if in.problem() != "" {
		described = append(described, in.id()+"-error")
		all["aria-invalid"] = "true"
	}
	if len(described) > 0 {
		all["aria-describedby"] = strings.Join(described, " ")
	}
	if in.Required {
		all["required"] = true
	}
	for name, value := range in.More {
		all[name] = value
	}
	return all
}
