package console_test

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"farebook/starter/console/page"
)

// testForm is a form with one field, from the components of the console.
func testForm(r *page.Request) templ.Component {
	action := r.URL.Path
	fields := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return page.Field(r, r.ProblemOf(action), "name", "Name", "").Render(ctx, w)
	})
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return page.Form(r, action).Render(templ.WithChildren(ctx, fields), w)
	})
}
