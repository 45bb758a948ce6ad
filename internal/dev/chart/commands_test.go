package chart

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	helm "helm.sh/helm/v4/pkg/cmd"
	kubectl "k8s.io/kubectl/pkg/cmd"
)

// command is a command of a page, in a sentence or on a line.
var command = regexp.MustCompile("(?m)`((?:helm|kubectl) [^`]+)`|^ *((?:helm|kubectl) .+)$")

// documentedCommands are the commands for a cluster, of the pages and of what Helm prints after an installation.
func documentedCommands(t *testing.T) (lines []string) {
	t.Helper()
	pages, err := filepath.Glob(root + "/docs/*.md")
	require.NoError(t, err)
	texts := []string{notes(t)}
	for _, page := range append(pages, root+"/README.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		texts = append(texts, string(text))
	}
	for _, text := range texts {
		for _, found := range command.FindAllStringSubmatch(text, -1) {
			lines = append(lines, found[1]+found[2])
		}
	}
	return lines
}

// notes is what Helm prints after an installation.
func notes(t *testing.T) string {
	t.Helper()
	files, err := renderFiles(valuesFiles(t)["least"])
	require.NoError(t, err)
	return files["farebook/templates/NOTES.txt"]
}

// parses reports whether a program has a command, with its flags and its number of arguments.
func parses(program *cobra.Command, line string) error {
	found, rest, err := program.Find(strings.Fields(line)[1:])
	if err != nil {
		return err
	}
	if found.HasSubCommands() {
		return fmt.Errorf("%s has no subcommand %v", found.CommandPath(), rest)
	}
	if err := found.ParseFlags(rest); err != nil {
		return err
	}
	return found.ValidateArgs(found.Flags().Args())
}

func programOf(t *testing.T, line string) *cobra.Command {
	t.Helper()
	if strings.HasPrefix(line, "kubectl ") {
		return kubectl.NewDefaultKubectlCommand()
	}
	program, err := helm.NewRootCmd(io.Discard, nil, func(bool) {})
	require.NoError(t, err)
	return program
}

// Helm and kubectl, whose commands need a cluster, have each command of the pages as it is written.
func TestDocumentedCommandsOfAClusterParse(t *testing.T) {
	lines := documentedCommands(t)
	for _, beginning := range []string{"helm upgrade ", "kubectl rollout ", "kubectl -n payments exec "} {
		require.True(t, slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, beginning) }), beginning)
	}
	for _, line := range lines {
		require.NoError(t, parses(programOf(t, line), line), line)
	}
	for _, wrong := range []string{
		"helm upgrad farebook deploy/helm/farebook", "helm upgrade farebook", "helm upgrade farebook deploy/helm/farebook --wit",
		"kubectl rollout restrat deployment", "kubectl rollout restart deployment --soon",
	} {
		require.Error(t, parses(programOf(t, wrong), wrong), wrong)
	}
}
