package browser

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var (
	pictures = flag.String("pictures", "", "the folder that the pictures of docs/console.md are written to; empty for none")
	album    = flag.String("album", "", "the folder that pictures of every page are written to; empty for none")
)

// picture is one of docs/console.md.
type picture struct {
	file, role, path string
	width, height    int64
	arabic, dark     bool
}

// The pictures are small enough for a repository, and show whole pages.
const maxPicture = 150_000

func TestPictures(t *testing.T) {
	t.Parallel()
	s := play(t)
	for _, p := range []picture{
		{file: "overview", role: "finance", path: "/console/", width: desk, height: 1000},
		{file: "bookings", role: "support", path: "/console/bookings", width: desk, height: 640},
		{file: "booking", role: "support", path: "/console/bookings/" + s.refunded.Reference, width: desk, height: 1060},
		{file: "refund-phone", role: "support", path: "/console/bookings/" + s.paid.Reference + "/refund", width: phone, height: 760},
		{file: "reconciliation", role: "finance", path: "/console/reconciliations/" + s.plan, width: desk, height: 900},
		{file: "ledger-arabic", role: "finance", path: "/console/books", width: desk, height: 900, arabic: true},
		{file: "attention-dark", role: "support", path: "/console/attention", width: desk, height: 700, dark: true},
	} {
		x := s.as(newTab(t, s.API.URL()), p.role)
		taken := x.take(p)
		require.Less(t, len(taken), maxPicture, p.file)
		if *pictures != "" {
			require.NoError(t, os.WriteFile(filepath.Join(*pictures, p.file+".png"), taken, 0o644))
		}
	}
}

// take takes a picture.
func (x *tab) take(p picture) []byte {
	x.t.Helper()
	language, scheme := "en", "light"
	if p.arabic {
		language = "ar"
	}
	if p.dark {
		scheme = "dark"
	}
	x.size(p.width, p.height)
	x.scheme(scheme)
	require.EqualValues(x.t, 200, x.open(p.path+"?lang="+language), p.path)
	return smaller(x.t, get(x, "take a picture", chromedp.CaptureScreenshot()))
}

// smaller compresses a picture as far as PNG allows.
func smaller(t testing.TB, taken []byte) []byte {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(taken))
	require.NoError(t, err)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	require.NoError(t, encoder.Encode(&out, picture))
	return out.Bytes()
}

// Whoever works on the design of the pages has a picture of each, by -album.
func TestAlbum(t *testing.T) {
	t.Parallel()
	if *album == "" {
		return
	}
	s := play(t)
	for _, role := range []string{"support", "finance", "admin"} {
		x := s.as(newTab(t, s.API.URL()), role)
		var addresses []string
		x.crawl("/console/", func(address string) { addresses = append(addresses, address) })
		for _, address := range addresses {
			name := role + "-" + strings.Trim(strings.ReplaceAll(strings.ReplaceAll(shape(address), "/", "-"), "*", "one"), "-")
			for _, p := range []picture{
				{file: name + "-desk", path: address, width: desk},
				{file: name + "-phone", path: address, width: phone},
				{file: name + "-arabic", path: address, width: desk, arabic: true},
				{file: name + "-dark", path: address, width: desk, dark: true},
			} {
				require.NoError(t, os.WriteFile(filepath.Join(*album, p.file+".png"), x.takeWhole(p), 0o644))
			}
		}
	}
}

// takeWhole takes a picture of a whole page, however long it is.
func (x *tab) takeWhole(p picture) []byte {
	x.t.Helper()
	p.height = 900
	x.take(p)
	p.height = min(max(ask[int64](x, `document.scrollingElement.scrollHeight`), 400), 4000)
	return x.take(p)
}
