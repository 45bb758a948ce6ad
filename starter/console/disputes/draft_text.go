package disputes

import (
	"strconv"

	"github.com/a-h/templ"

	"farebook/starter/console/page"
)

func kindOf(f field) string {
	if f.long() {
		return "textarea"
	}
	return "text"
}

// fileHint says what the field has, and what it takes.
func fileHint(r *page.Request, d draft, f field) string {
	if has := d.of(f.Name); has != nil {
		return r.T("evidence.has", "Name", has.Name, "Size", megabytes(has.Bytes), "Number", strconv.Itoa(has.Pages))
	}
	return r.T("evidence.takes")
}

// fileLimits are what evidence.js checks a file against when it is chosen. The server checks it again.
func fileLimits(r *page.Request, d draft, f field) templ.Attributes {
	bytes, pages := 0, 0
	if has := d.of(f.Name); has != nil {
		bytes, pages = has.Bytes, has.Pages
	}
	return templ.Attributes{
		"accept": "application/pdf,image/png,image/jpeg", "data-evidence": f.Name,
		"data-has-bytes": strconv.Itoa(bytes), "data-has-pages": strconv.Itoa(pages),
		"data-all-bytes": strconv.Itoa(d.Bytes), "data-all-pages": strconv.Itoa(d.Pages),
		"data-max-bytes": strconv.Itoa(d.Limits.Bytes), "data-max-pages": strconv.Itoa(d.Limits.Pages),
		"data-wrong-type": r.T("evidence.wrong.type"),
		"data-too-large":  r.T("evidence.wrong.size", "Most", megabytes(d.Limits.Bytes)),
		"data-too-long":   r.T("evidence.wrong.pages", "Most", strconv.Itoa(d.Limits.Pages)),
	}
}
