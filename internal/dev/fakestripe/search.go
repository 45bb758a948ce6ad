package fakestripe

import (
	"regexp"
	"strings"
)

var searchClause = regexp.MustCompile(`^(status|currency|customer|metadata\['([^']+)'\])\s*:\s*['"]([^'"]*)['"]$`)

// searchIntents supports equality clauses joined by AND (stripe.com/docs/search#search-query-language). Stripe's search can lag
// behind writes by up to a minute; here it lags as LagLists sets.
func searchIntents(s *Server, c *call) (any, *apiError) {
	limit, failed := pageLimit(c.query)
	if failed != nil {
		return nil, failed
	}
	var clauses []func(*intent) bool
	for _, text := range strings.Split(c.query.Get("query"), " AND ") {
		found := searchClause.FindStringSubmatch(strings.TrimSpace(text))
		if found == nil {
			return nil, invalid("", "query", "We were unable to parse your search query. The stand-in supports status, currency, customer and "+
				"metadata['key'], each with a colon and a quoted value, joined by AND.")
		}
		clauses = append(clauses, clauseOf(found[1], found[2], found[3]))
	}
	const path = "/v1/payment_intents/search"
	visible := s.visibleIn(path)
	rows, more := []any{}, false
	for at := len(s.intents.order) - 1; at >= 0; at-- {
		i := s.intents.order[at]
		if !visible(s.intents.added[at]) || !all(clauses, i) {
			continue
		}
		if more = len(rows) == limit; more {
			break
		}
		rows = append(rows, i.wire(s, expansionOf(c.query).under("data")))
	}
	return map[string]any{"object": "search_result", "url": path, "has_more": more, "next_page": nil, "data": rows}, nil
}

func clauseOf(field, key, want string) func(*intent) bool {
	return func(i *intent) bool {
		switch field {
		case "status":
			return i.status == want
		case "currency":
			return i.currency == want
		case "customer":
			return i.customer == want
		}
		return i.metadata[key] == want
	}
}

func all(clauses []func(*intent) bool, i *intent) bool {
	for _, holds := range clauses {
		if !holds(i) {
			return false
		}
	}
	return true
}
