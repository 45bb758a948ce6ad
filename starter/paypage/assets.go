package paypage

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
)

//go:embed assets/pay.css assets/pay.js assets/icon.svg
var files embed.FS

var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// named are the files by their names with a hash of their content, so that browsers keep them for ever, and urls the paths of these by the
// files' own names.
var named, urls = func() (map[string][]byte, map[string]string) {
	byName, byFile := map[string][]byte{}, map[string]string{}
	for _, file := range []string{"pay.css", "pay.js", "icon.svg"} {
		content, err := files.ReadFile("assets/" + file)
		if err != nil {
			panic(err) // the files are part of the program
		}
		sum := sha256.Sum256(content)
		kind := path.Ext(file)
		name := strings.TrimSuffix(file, kind) + "." + hex.EncodeToString(sum[:8]) + kind
		byName[name], byFile[file] = content, AssetsPath+name
	}
	return byName, byFile
}()

func serveAsset(w http.ResponseWriter, r *http.Request) {
	content, known := named[r.PathValue("file")]
	if !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kinds[path.Ext(r.PathValue("file"))])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(content) // the browser may have gone
}
