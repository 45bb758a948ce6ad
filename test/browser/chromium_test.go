package browser

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

// chromium is the context of the one browser that all tests share. Each test has a profile in it that forgets everything.
var chromium context.Context

func TestMain(m *testing.M) {
	status, err := withChromium(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		status = 1
	}
	os.Exit(status)
}

// withChromium runs the tests beside a browser, which has ended when it returns.
func withChromium(tests func() int) (status int, err error) {
	profile, err := os.MkdirTemp("", "farebook-chromium-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(profile) }() // in the folder of temporary files
	allocator, stop := chromedp.NewExecAllocator(context.Background(), flags(profile)...)
	defer stop() // waits until the process has ended
	browser, end := chromedp.NewContext(allocator)
	defer end()
	if err := chromedp.Do(browser); err != nil {
		return 1, fmt.Errorf("start Chromium: %w; `make browser` installs it", err)
	}
	chromium = browser
	status = tests()
	return status, chromedp.Cancel(browser)
}

// flags are those of a browser that runs as root in a container and speaks to nobody but the console.
func flags(profile string) []chromedp.ExecAllocatorOption {
	options := []chromedp.ExecAllocatorOption{chromedp.UserDataDir(profile), chromedp.Headless, chromedp.NoSandbox}
	for _, flag := range []string{
		"disable-gpu", "disable-quic", "no-first-run", "no-default-browser-check", "disable-background-networking",
		"disable-component-update", "disable-sync", "disable-breakpad", "disable-dev-shm-usage", "disable-extensions", "hide-scrollbars",
		"disable-background-timer-throttling", "disable-renderer-backgrounding", "disable-backgrounding-occluded-windows",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	// Pictures have the same colours on every machine.
	return append(options, chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("password-store", "basic"))
}
