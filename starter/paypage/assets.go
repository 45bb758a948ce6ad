package paypage

import (
	"embed"
	"io/fs"

	"farebook/starter/web"
)

//go:embed assets/pay.css assets/pay.js assets/icon.svg
var files embed.FS

// AssetsPath is the path below which stylesheet and script are; the page itself is below paylink.Path.
const AssetsPath = "/pay-assets/"

var assets = func() *web.Assets {
	below, err := fs.Sub(files, "assets")
	if err != nil {
		panic(err) // the name of the directory is valid
	}
	return web.NewAssets(AssetsPath, below)
}()
