package command

import (
	"log/slog"
	"net/http"
	"strings"

	"farebook/internal/config"
	"farebook/internal/paylink"
	"farebook/internal/stripeapi"
	"farebook/starter/paypage"
	"farebook/store"
)

// withPayPage adds the payment page to the API, if an address is configured. Everything outside of its paths is the API's.
func withPayPage(cfg config.Config, books *store.Store, stripe *stripeapi.Client, handler http.Handler, log *slog.Logger,
) (http.Handler, error) {
	if !cfg.Pay.On() {
		return handler, nil
	}
	pages, err := paypage.New(paypage.Deps{
		Store: books, Stripe: stripe, Links: cfg.PayLinks(), PublishableKey: cfg.Pay.PublishableKey, ScriptURL: cfg.Pay.ScriptURL,
		Live: cfg.Stripe.Live(), TrustedProxies: cfg.HTTP.TrustedProxies, Log: log,
	})
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, paylink.Path) || strings.HasPrefix(r.URL.Path, paypage.AssetsPath) {
			pages.ServeHTTP(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	}), nil
}
