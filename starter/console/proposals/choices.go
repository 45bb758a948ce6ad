package proposals

import (
	"cmp"

	"farebook/starter/console/page"
)

// states are the choices of the list's filter.
func states(r *page.Request) []page.Option {
	return options(r, page.Option{Text: r.T("proposals.state.all")}, "status.", "proposed", "sent", "declined", "withdrawn")
}

// reasons are those that Stripe takes for a refund.
func reasons(r *page.Request) []page.Option {
	return options(r, page.Option{}, "proposals.reason.", "requested_by_customer", "duplicate", "fraudulent")
}

// options are choices whose texts have ids; first is left out if it has no text.
func options(r *page.Request, first page.Option, ids string, values ...string) []page.Option {
	var all []page.Option
	if first.Text != "" {
		all = append(all, first)
	}
	for _, value := range values {
		all = append(all, page.Option{Value: value, Text: r.T(ids + value)})
	}
	return all
}

// account is the account of the other side of a correction, as the API has it by default.
func account(r *page.Request) string { return cmp.Or(r.Q("account"), "equity:suspense") }
