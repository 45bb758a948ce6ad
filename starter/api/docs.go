package api

import (
	"embed"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docsassets/index.html docsassets/web-components.min.js docsassets/styles.min.css
var docsAssets embed.FS

// docsPolicy lets the page load only what is embedded here, so that it works without a network.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// encode writes the document as it is served and as `starter openapi` prints it.
func encode(spec *huma.OpenAPI) ([]byte, error) { return json.MarshalIndent(spec, "", "  ") }

// addDocs serves the OpenAPI document and a page that shows it. The document is encoded once, after all operations are registered:
// huma's own route encodes it at the first request, where concurrent requests would race.
func addDocs(mux *http.ServeMux, spec *huma.OpenAPI) error {
	document, err := encode(spec)
	if err != nil {
		return err
	}
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(document) // the caller may have gone
	})
	for path, asset := range map[string]struct{ name, contentType string }{
		"/docs":                       {"index.html", "text/html; charset=utf-8"},
		"/docs/web-components.min.js": {"web-components.min.js", "text/javascript; charset=utf-8"},
		"/docs/styles.min.css":        {"styles.min.css", "text/css; charset=utf-8"},
	} {
		content, err := docsAssets.ReadFile("docsassets/" + asset.name)
		if err != nil {
			return err
		}
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", asset.contentType)
			w.Header().Set("Content-Security-Policy", docsPolicy)
			_, _ = w.Write(content) // the caller may have gone
		})
	}
	return nil
}
