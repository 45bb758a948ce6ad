package browser

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// patience is how long a test waits for the page. It is short where somebody writes a test, and watches it.
var patience = flag.Duration("patience", testkit.Patience, "how long a test waits for what a page should show")

// The widths at which the console is read: a desk, and the narrowest phone.
const (
	desk  = 1280
	phone = 360
)

// tab is one page of a new profile. Whatever the browser complains about fails the test: an exception, a console error, a violation of the
// content security policy, an answer that a test did not expect.
type tab struct {
	t    testing.TB
	ctx  context.Context
	site string // the console's origin, without a trailing slash

	mu         sync.Mutex
	complaints []string
	expected   map[int64]bool // statuses
}

// newTab opens one at the width of a desk.
func newTab(t testing.TB, site string) *tab {
	t.Helper()
	x := &tab{t: t, site: site, expected: map[int64]bool{}}
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext(), chromedp.WithListener(x.hear))
	x.ctx = ctx
	require.NoError(t, chromedp.Do(ctx)) // opens the tab, which lives as long as this context
	x.do("listen to the network", command(network.Enable, network.EnableParams{}))
	x.size(desk, 800)
	t.Cleanup(func() {
		defer cancel()
		require.Empty(t, x.heard(), "the browser complains; its page at %s reads:\n%s", x.address(), x.text())
	})
	return x
}

// command is a command of the browser's protocol as an action.
func command[P any](command cdp.Command[P, cdp.Empty], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	})
}

// hear runs for each event of the tab, in order.
func (x *tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		x.complain("exception: " + e.ExceptionDetails.Text + " " + said([]*runtime.RemoteObject{e.ExceptionDetails.Exception}))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			x.complain("console: " + said(e.Args))
		}
	case *log.EventEntryAdded:
		// A status is judged by what the network reports.
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "server responded with a status of") {
			x.complain(fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventResponseReceived:
		x.mu.Lock()
		fine := e.Response.Status < 400 || x.expected[e.Response.Status]
		x.mu.Unlock()
		if !fine {
			x.complain(fmt.Sprintf("%s answers %d", e.Response.URL, e.Response.Status))
		}
	}
}

func said(args []*runtime.RemoteObject) string {
	var words []string
	for _, arg := range args {
		if arg != nil {
			words = append(words, string(arg.Value)+arg.Description)
		}
	}
	return strings.Join(words, " ")
}

func (x *tab) complain(what string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.complaints = append(x.complaints, what)
}

func (x *tab) heard() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append([]string(nil), x.complaints...)
}

// forget drops what the browser has complained about.
func (x *tab) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.complaints = nil
}

// expect has the tab take an answer with this status for intended: a form that is refused, a page that the role may not see.
func (x *tab) expect(status int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.expected[status] = true
}

// do carries out actions, and fails the test if they do not succeed in patience.
func (x *tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	x.t.Helper()
	get(x, what, chromedp.Steps(actions...))
}

// get carries out an action that has a result.
func get[T any](x *tab, what string, action chromedp.Action[T]) T {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.ctx, *patience)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	if err != nil {
		require.NoError(x.t, err, "%s; the page at %s reads:\n%s", what, x.address(), x.text())
	}
	return result
}

// ask evaluates an expression in the page, and waits for its promise if it is one.
func ask[T any](x *tab, expression string) T {
	x.t.Helper()
	return get(x, "evaluate "+expression, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// glance evaluates an expression for a caller that asks again: nothing comes of it while a page is being replaced.
func glance[T any](x *tab, expression string) T {
	ctx, cancel := context.WithTimeout(x.ctx, 10*time.Second)
	defer cancel()
	result, _ := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	return result
}

// size sets the size of the window.
func (x *tab) size(width, height int64) {
	x.t.Helper()
	x.do("set the size", command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1,
	}))
}

// scheme sets the colours that the reader prefers: light or dark.
func (x *tab) scheme(name string) {
	x.t.Helper()
	x.do("set the colours", command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}))
}

// open goes to a path of the console, and returns the status of the page.
func (x *tab) open(path string) int64 {
	x.t.Helper()
	answer := get(x, "open "+path, chromedp.NavigateResponse(x.site+path))
	require.NotNil(x.t, answer, path)
	return answer.Status
}

// text is what the page shows: what a reader reads, without what is hidden.
func (x *tab) text() string { return glance[string](x, `document.body ? document.body.innerText : ""`) }

// address is where the tab is.
func (x *tab) address() string { return glance[string](x, `location.href`) }

// await waits until the page shows every one of the texts.
func (x *tab) await(texts ...string) {
	x.t.Helper()
	for _, text := range texts {
		x.until(func() bool { return strings.Contains(x.text(), text) }, "does not show %q", text)
	}
}

// until waits for a condition.
func (x *tab) until(condition func() bool, message string, args ...any) {
	x.t.Helper()
	require.Eventually(x.t, condition, *patience, testkit.Pace, "%s; it reads:\n%s",
		later(func() string { return x.address() + " " + fmt.Sprintf(message, args...) }), later(x.text))
}

// later is a part of a message that is computed when the message is printed.
type later func() string

func (l later) String() string { return l() }

// quoted is a text in an XPath expression.
func quoted(text string) string {
	if !strings.Contains(text, `"`) {
		return `"` + text + `"`
	}
	return `'` + text + `'`
}

// click is the action that clicks the link, button or summary with this text, once it is there.
func click(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(
		fmt.Sprintf(`//*[self::a or self::button or self::summary][normalize-space(.)=%s]`, quoted(text)), chromedp.NodeVisible)
}

// press clicks what changes the page that is shown.
func (x *tab) press(text string) {
	x.t.Helper()
	x.do("press "+text, click(text))
}

// follow clicks what leads to another page, and waits until that has loaded.
func (x *tab) follow(text string) {
	x.t.Helper()
	x.load("follow "+text, click(text))
}

// load carries out an action that leads to another page, and waits until that has loaded. A wait for the books is not enough: the answer
// of a form that is still on its way is taken for that of the page which the test opens next.
func (x *tab) load(what string, action chromedp.Action[chromedp.Void]) {
	x.t.Helper()
	x.do(what, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.RunResponse(ctx, action)
		return err
	}))
}

// replace clicks what replaces a part of the page, and waits until htmx has made the new part its own as well: until then, its links and
// forms are those of a page without script.
func (x *tab) replace(text string) {
	x.t.Helper()
	ask[bool](x, `!!(window.settled = new Promise(settle => document.body.addEventListener("htmx:afterSettle", settle, {once: true})))`)
	x.press(text)
	ask[bool](x, `Promise.resolve(window.settled).then(() => true)`)
}

// count is how many elements a CSS selector finds.
func (x *tab) count(selector string) int {
	x.t.Helper()
	return ask[int](x, fmt.Sprintf(`document.querySelectorAll(%q).length`, selector))
}
