package page

import "context"

// routeKey is the context key of the route of a request, which the log has instead of its path: an unknown path may contain anything.
type routeKey struct{}

// WithRoute returns a context in which Site notes the route of a request.
func WithRoute(ctx context.Context) context.Context {
	return context.WithValue(ctx, routeKey{}, new(string))
}

// Route is the route that Site has noted; empty for none.
func Route(ctx context.Context) string {
	noted, _ := ctx.Value(routeKey{}).(*string)
	if noted == nil {
		return ""
	}
	return *noted
}

func note(ctx context.Context, pattern string) {
	if noted, _ := ctx.Value(routeKey{}).(*string); noted != nil {
		*noted = pattern
	}
}
