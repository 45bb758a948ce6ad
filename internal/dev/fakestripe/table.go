package fakestripe

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"farebook/internal/clock"
)

// object is a Stripe object: an id, a creation time in Unix seconds, and a wire form.
type object interface {
	identity() string
	createdAt() int64
	wire(s *Server, expand expansion) map[string]any
}

// table stores objects in order of creation, with an index by id.
type table[T object] struct {
	clock *clock.Movable
	order []T
	added []time.Time // when each object of order was added
	index map[string]int
}

func newTable[T object](clock *clock.Movable) table[T] {
	return table[T]{clock: clock, index: map[string]int{}}
}

func (t *table[T]) add(o T) {
	t.index[o.identity()] = len(t.order)
	t.order = append(t.order, o)
	t.added = append(t.added, t.clock.Now())
}

// get returns the object with this id, or the zero value.
func (t *table[T]) get(id string) (o T) {
	if i, found := t.index[id]; found {
		return t.order[i]
	}
	return o
}

func (t *table[T]) find(kind, id string) (T, *apiError) {
	i, found := t.index[id]
	if !found {
		var none T
		return none, notFoundError(kind, id)
	}
	return t.order[i], nil
}

// retrieve returns the endpoint that answers with the object of a table whose id is in the path. kind names the object in errors.
func retrieve[T object](kind string, of func(*Server) *table[T]) endpoint {
	return func(s *Server, c *call) (any, *apiError) {
		o, failed := of(s).find(kind, c.id)
		if failed != nil {
			return nil, failed
		}
		return o.wire(s, expansionOf(c.query)), nil
	}
}

const (
	defaultPage = 10
	maximumPage = 100
)

// list answers with a page of objects, newest first (stripe.com/docs/api/pagination). keep selects the objects that match the
// query's filters.
func list[T object](s *Server, t *table[T], path string, query url.Values, keep func(T) bool) (any, *apiError) {
	limit, err := pageLimit(query)
	if err != nil {
		return nil, err
	}
	after, before := query.Get("starting_after"), query.Get("ending_before")
	for param, cursor := range map[string]string{"starting_after": after, "ending_before": before} {
		_, known := t.index[cursor]
		if cursor != "" && !known {
			return nil, invalid("resource_missing", param, "No such object: '"+cursor+"'")
		}
	}
	if after != "" && before != "" {
		return nil, invalid("", "ending_before", "You may only specify one of these parameters: ending_before, starting_after.")
	}
	created, err := timeFilter("created", query)
	if err != nil {
		return nil, err
	}
	expand := expansionOf(query).under("data")
	from, step := len(t.order)-1, -1
	switch {
	case after != "":
		from = t.index[after] - 1
	case before != "": // read upwards from the cursor; reversed below
		from, step = t.index[before]+1, 1
	}
	visible := s.visibleIn(path)
	page, more := []any{}, false
	for i := from; i >= 0 && i < len(t.order); i += step {
		o := t.order[i]
		if !visible(t.added[i]) || !keep(o) || !created(o.createdAt()) {
			continue
		}
		if len(page) == limit {
			more = true
			break
		}
		page = append(page, o.wire(s, expand))
	}
	if before != "" {
		slices.Reverse(page)
	}
	return map[string]any{"object": "list", "url": path, "has_more": more, "data": page}, nil
}

func pageLimit(query url.Values) (int, *apiError) {
	text := query.Get("limit")
	if text == "" {
		return defaultPage, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maximumPage {
		return 0, invalid("parameter_invalid_integer", "limit", "This value must be between 1 and 100 (it currently is '"+text+"').")
	}
	return limit, nil
}

// timeFilter parses the bounds on a Unix time: created, created[gt], created[gte], created[lt] and created[lte].
func timeFilter(field string, query url.Values) (func(int64) bool, *apiError) {
	tests := map[string]func(at, bound int64) bool{
		field:           func(at, bound int64) bool { return at == bound },
		field + "[gt]":  func(at, bound int64) bool { return at > bound },
		field + "[gte]": func(at, bound int64) bool { return at >= bound },
		field + "[lt]":  func(at, bound int64) bool { return at < bound },
		field + "[lte]": func(at, bound int64) bool { return at <= bound },
	}
	var all []func(int64) bool
	for name, test := range tests {
		text := query.Get(name)
		if text == "" {
			continue
		}
		bound, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, invalid("parameter_invalid_integer", field, "Invalid integer: "+text)
		}
		all = append(all, func(at int64) bool { return test(at, bound) })
	}
	return func(at int64) bool {
		for _, test := range all {
			if !test(at) {
				return false
			}
		}
		return true
	}, nil
}

// expansion holds the dotted paths of expand[].
type expansion []string

func expansionOf(values url.Values) expansion {
	var out expansion
	for name, paths := range values {
		if name == "expand[]" || strings.HasPrefix(name, "expand[") {
			out = append(out, paths...)
		}
	}
	return out
}

// has reports whether a field, or a path below it, is expanded.
func (e expansion) has(field string) bool {
	for _, path := range e {
		if path == field || strings.HasPrefix(path, field+".") {
			return true
		}
	}
	return false
}

// under returns the paths below a field.
func (e expansion) under(field string) expansion {
	var out expansion
	for _, path := range e {
		if rest, found := strings.CutPrefix(path, field+"."); found {
			out = append(out, rest)
		}
	}
	return out
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// idSource generates random ids in Stripe's format.
type idSource struct{}

func (idSource) next(prefix string) string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand crashes the program instead
	for i, b := range random {
		random[i] = alphabet[int(b)%len(alphabet)]
	}
	return prefix + "_3" + string(random[:])
}
