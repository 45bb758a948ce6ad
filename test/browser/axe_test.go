package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// axeFile is axe-core, at the version of package-lock.json.
const axeFile = "node_modules/axe-core/axe.min.js"

// violation is a rule of axe-core that the page breaks.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string
	}
}

func (v violation) String() string {
	lines := []string{fmt.Sprintf("%s (%s): %s", v.ID, v.Impact, v.Help)}
	for _, node := range v.Nodes {
		lines = append(lines, "  "+node.HTML, "    "+strings.ReplaceAll(node.FailureSummary, "\n", "\n    "))
	}
	return strings.Join(lines, "\n")
}

// violations are the serious and critical ones of axe-core's rules, or of those that are named. It runs through the debugger's protocol,
// which the page's content security policy does not bind.
func (x *tab) violations(rules ...string) (found []violation) {
	x.t.Helper()
	if !ask[bool](x, `typeof axe !== "undefined"`) {
		source, err := os.ReadFile(axeFile)
		require.NoError(x.t, err, "`make browser` installs axe-core")
		x.do("load axe", chromedp.Evaluate[chromedp.Void](string(source)))
	}
	options := `{resultTypes: ["violations"]}`
	if len(rules) > 0 {
		names, err := json.Marshal(rules)
		require.NoError(x.t, err)
		options = fmt.Sprintf(`{resultTypes: ["violations"], runOnly: {type: "rule", values: %s}}`, names)
	}
	for _, v := range ask[[]violation](x, `axe.run(document, `+options+`).then(result => result.violations)`) {
		if v.Impact == "serious" || v.Impact == "critical" {
			found = append(found, v)
		}
	}
	return found
}
