// Package assets has the stylesheet, the scripts and the icon of the console. They are embedded, so that the console needs nothing from
// another host, and served under names with a hash of their content, so that browsers keep them for ever. It imports the standard library.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
)

//go:embed console.css console.js evidence.js htmx.min.js icon.svg
var files embed.FS

// Path is the path below which they are served.
const Path = "/console/assets/"

// asset is a file with what a browser has to know about it.
type asset struct {
	content []byte
	kind    string
}

var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// named are the assets by their names with a hash, and urls the paths of these by their own names.
var named, urls = func() (map[string]asset, map[string]string) {
	byName, byFile := map[string]asset{}, map[string]string{}
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the files are part of the program
	}
	for _, entry := range entries {
		content, err := files.ReadFile(entry.Name())
		if err != nil {
			panic(err)
		}
		name := hashed(entry.Name(), content)
		byName[name] = asset{content, kinds[path.Ext(entry.Name())]}
		byFile[entry.Name()] = Path + name
	}
	return byName, byFile
}()

// hashedBytes of a hash tell the versions of a file apart.
const hashedBytes = 8

func hashed(name string, content []byte) string {
	sum := sha256.Sum256(content)
	kind := path.Ext(name)
	return strings.TrimSuffix(name, kind) + "." + hex.EncodeToString(sum[:hashedBytes]) + kind
}

// URL is the path of a file, such as console.css.
func URL(file string) string { return urls[file] }

// Handler serves them. They are the same for everybody and need no session.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found, known := named[strings.TrimPrefix(r.URL.Path, Path)]
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", found.kind)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(found.content) // the browser may have gone
	})
}
