package page

import "github.com/a-h/templ"

// Part has a link replace one element of the page, by its id, with that of the page that it leads to. Without script it opens that page.
// The title stays that of the page.
func Part(id string) templ.Attributes {
	return templ.Attributes{
		"hx-boost": "true", "hx-target": "#" + id, "hx-select": "#" + id, "hx-swap": "outerHTML ignoreTitle:true", "hx-push-url": "false",
	}
}

// inPlace has the links and forms of a list replace its content instead of the page: the frame, the scripts and the place of the reader
// stay. The choices of language and time zone keep the new address, so they are replaced with it.
func inPlace() templ.Attributes {
	return templ.Attributes{
		"hx-boost": "true", "hx-target": "#main", "hx-select": "#main", "hx-select-oob": "#preferences", "hx-swap": "outerHTML show:window:top",
		"hx-push-url": "true",
	}
}
