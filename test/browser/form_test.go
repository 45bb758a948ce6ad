package browser

import (
	"fmt"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// withoutScript has pages run no script from now on.
func (x *tab) withoutScript() {
	x.t.Helper()
	x.do("disable script", command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
}

// path is the path of that address.
func (x *tab) path() string { return glance[string](x, `location.pathname`) }

// field is the XPath of the control that a label belongs to, so that a field without a label cannot be used.
func field(label string) string {
	return fmt.Sprintf(`//*[@id=//label[starts-with(normalize-space(.),%[1]s)]/@for] | //label[starts-with(normalize-space(.),%[1]s)]`+
		`//*[self::input or self::select or self::textarea]`, quoted(label))
}

// fill replaces what the field with this label contains.
func (x *tab) fill(label, value string) {
	x.t.Helper()
	x.do("fill "+label, chromedp.WaitVisible(field(label)), chromedp.Focus(field(label)),
		chromedp.Evaluate[chromedp.Void](`document.activeElement.select()`), chromedp.SendKeys(field(label), value))
}

// value is what the field with this label contains.
func (x *tab) value(label string) string {
	x.t.Helper()
	return get(x, "read "+label, chromedp.Value(field(label)))
}

// write types into the field that a CSS selector finds: where two forms of a page have the same label.
func (x *tab) write(selector, value string) {
	x.t.Helper()
	x.do("write into "+selector, chromedp.SendKeys(selector, value, chromedp.NodeVisible))
}
