package test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// followed are the pages whose commands TestCommandsOfThePagesRun runs: each line of a fenced block, and each command in a sentence.
var followed = []string{"runbook.md", "metrics.md", "deploying.md"}

// programs are what a command of a page begins with.
var programs = regexp.MustCompile(`^(starter|worker|promtool|curl|temporal|helm|kubectl|docker|make)( |$)`)

// unrun are the commands that cannot be run here, by their beginning, each with the reason. What can be known of them without running
// them is checked all the same.
var unrun = []struct{ beginning, reason string }{
	{"helm ", "it needs a cluster; make conformance parses it with Helm's library, and renders the chart"},
	{"kubectl ", "it needs a cluster; make conformance parses it with kubectl's library"},
	{"make ", "a target of the Makefile runs in the source tree, for minutes; make itself parses it (make -n)"},
}

// ofBuilds are the commands about builds of the worker, by their beginning. They run on a system with workers of two builds.
var ofBuilds = []string{"starter deploy ", "temporal worker deployment ", "temporal workflow update-options "}

func isOfBuilds(command string) bool {
	return slices.ContainsFunc(ofBuilds, func(beginning string) bool { return strings.HasPrefix(command, beginning) })
}

// unrunBecause is why a command is not run; empty for one that is.
func unrunBecause(command string) string {
	for _, exception := range unrun {
		if strings.HasPrefix(command+" ", strings.TrimSpace(exception.beginning)+" ") {
			return exception.reason
		}
	}
	return ""
}

var (
	inline    = regexp.MustCompile("`([^`]+)`")
	blanks    = regexp.MustCompile(`\s+`)
	continued = regexp.MustCompile(`\\\n\s*`)
	remark    = regexp.MustCompile(`(^|\s)#.*$`)
)

// documentedCommands are the commands of the pages, each once, in order.
func documentedCommands(t *testing.T) []string {
	t.Helper()
	return commandsOf(t, followed)
}

// commandsOf are the commands of some pages, each once, in order.
func commandsOf(t *testing.T, pages []string) (all []string) {
	t.Helper()
	seen := map[string]bool{}
	add := func(command string) {
		if programs.MatchString(command) && !seen[command] {
			seen[command] = true
			all = append(all, command)
		}
	}
	for _, page := range pages {
		content, err := os.ReadFile("../docs/" + page)
		require.NoError(t, err)
		text := string(content)
		for _, block := range fenced.FindAllStringSubmatch(text, -1) {
			for line := range strings.Lines(continued.ReplaceAllString(block[2], "")) {
				line = strings.TrimSpace(remark.ReplaceAllString(strings.TrimSpace(line), ""))
				if block[1] == "sh" && line != "" {
					require.Regexp(t, programs, line, "%s: a program that this test does not know", page)
				}
				add(line)
			}
		}
		for _, found := range inline.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			add(strings.TrimSpace(blanks.ReplaceAllString(found[1], " ")))
		}
	}
	return all
}
