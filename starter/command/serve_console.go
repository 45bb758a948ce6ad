package command

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"farebook/internal/config"
	"farebook/starter/console"
	"farebook/starter/console/page"
	"farebook/starter/console/signin"
	"farebook/store"
	"farebook/store/monthend"
)

// withConsole adds the console to the API, if an issuer is configured. Everything outside of its paths is the API's.
func withConsole(ctx context.Context, cfg config.Config, books *store.Store, handler http.Handler, log *slog.Logger) (http.Handler, error) {
	if !cfg.Console.On() {
		return handler, nil
	}
	calendar, err := monthend.New(books).Calendar(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the time zone of the books: %w", err)
	}
	pages, err := console.New(console.Deps{
		API: handler, Store: books, SignIn: signInOf(cfg.Console), BooksZone: calendar.Zone, Live: cfg.Stripe.Live(),
		TemporalUI: cfg.Console.TemporalUI, TrustedProxies: cfg.HTTP.TrustedProxies, Log: log,
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(page.Root, pages)
	mux.Handle(page.Home, pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			pages.ServeHTTP(w, r)
			return
		}
		handler.ServeHTTP(w, r) // not by the mux, which would clean paths before the API sees them
	}), nil
}

func signInOf(c config.Console) signin.Config {
	return signin.Config{
		URL: c.URL, Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret, Scopes: c.Scopes, RoleClaim: c.RoleClaim,
		Roles: c.Roles, Idle: c.Idle, Limit: c.Limit,
	}
}
