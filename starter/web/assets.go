package web

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// Assets are files that are the same for everybody. Each is served under a name with a hash of its content, so that browsers keep it for
// ever.
type Assets struct {
	path  string
	named map[string][]byte // by the name with the hash
	urls  map[string]string // by the file's own name
}

// NewAssets serves the files of a directory below a path, which ends with a slash. It panics if they cannot be read: they are part of the
// program.
func NewAssets(below string, files fs.FS) *Assets {
	a := &Assets{path: below, named: map[string][]byte{}, urls: map[string]string{}}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err)
	}
	for _, entry := range entries {
		content, err := fs.ReadFile(files, entry.Name())
		if err != nil {
			panic(err)
		}
		name := hashed(entry.Name(), content)
		a.named[name], a.urls[entry.Name()] = content, below+name
	}
	return a
}

// hashedBytes of a hash tell the versions of a file apart.
const hashedBytes = 8

func hashed(name string, content []byte) string {
	sum := sha256.Sum256(content)
	kind := path.Ext(name)
	return strings.TrimSuffix(name, kind) + "." + hex.EncodeToString(sum[:hashedBytes]) + kind
}

// URL is the path of a file, such as console.css.
func (a *Assets) URL(file string) string { return a.urls[file] }

func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, a.path)
	content, known := a.named[name]
	if !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kinds[path.Ext(name)])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(content) // the browser may have gone
}
