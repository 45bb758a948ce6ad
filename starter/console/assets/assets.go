// Package assets has the stylesheet, the scripts and the icon of the console. They are embedded, so that the console needs nothing from
// another host. It imports starter/web.
package assets

import (
	"embed"
	"net/http"

	"farebook/starter/web"
)

//go:embed console.css console.js evidence.js htmx.min.js icon.svg
var files embed.FS

// Path is the path below which they are served.
const Path = "/console/assets/"

var served = web.NewAssets(Path, files)

// URL is the path of a file, such as console.css.
func URL(file string) string { return served.URL(file) }

// Handler serves them. They need no session.
func Handler() http.Handler { return served }
