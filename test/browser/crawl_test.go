package browser

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"
)

// identifier is a segment of a path that names one object: a booking, a run, a payment.
var identifier = regexp.MustCompile(`[0-9]|_|^FB-`)

// shape is the address of a page with its objects left out, so that one booking, report or account stands for all of them.
func shape(address string) string {
	segments := strings.Split(address, "/")
	for i, segment := range segments {
		if identifier.MatchString(segment) || i > 0 && (segments[i-1] == "reports" || segments[i-1] == "statements") {
			segments[i] = "*"
		}
	}
	return strings.Join(segments, "/")
}

// crawl visits one page of each shape that links lead to from the start, and calls visit on each.
func (x *tab) crawl(start string, visit func(address string)) (shapes []string) {
	x.t.Helper()
	seen, queue, from := map[string]bool{shape(start): true}, []string{start}, map[string]string{}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		require.EqualValues(x.t, 200, x.open(next), "%s, to which %s links", next, from[next])
		shapes = append(shapes, shape(next))
		links := x.links()
		visit(next)
		for _, link := range links {
			if !seen[shape(link)] {
				seen[shape(link)] = true
				queue, from[link] = append(queue, link), next
			}
		}
	}
	return shapes
}

// links are the paths of the console's pages that the page links to: no files, and nothing that signs out.
func (x *tab) links() (paths []string) {
	x.t.Helper()
	for _, href := range ask[[]string](x, `Array.from(document.querySelectorAll("a[href]:not([download])"), a => a.href)`) {
		address, err := url.Parse(href)
		require.NoError(x.t, err)
		if address.Scheme+"://"+address.Host != x.site || !strings.HasPrefix(address.Path, "/console") || path.Ext(address.Path) != "" ||
			strings.HasPrefix(address.Path, "/console/sign") {
			continue
		}
		paths = append(paths, address.Path)
	}
	return paths
}
