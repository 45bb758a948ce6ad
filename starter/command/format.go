package command

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// formatFlag adds --output to a command. The default is a table.
func formatFlag(cmd *cobra.Command, format *string, formats ...string) {
	outputFlag(cmd, format, "table", formats)
}

// outputFlag adds --output, and --format, its name in earlier releases, which scripts have.
func outputFlag(cmd *cobra.Command, format *string, usual string, formats []string) {
	for _, name := range []string{"output", "format"} {
		cmd.Flags().StringVar(format, name, usual, "output format: "+oneOf(formats))
		completeFlag(cmd, name, formats...)
	}
	_ = cmd.Flags().MarkHidden("format") // it fails only for an unknown flag
}

// completeFlag lets the shell complete a flag's values.
func completeFlag(cmd *cobra.Command, flag string, values ...string) {
	// It fails only for an unknown flag, which every test of the command would show.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// The formats of one object, and of a list and a reconciliation, which are also opened in a spreadsheet.
var (
	shownFormats = []string{"table", "json"}
	listFormats  = []string{"table", "json", "csv"}
	runFormats   = listFormats
)

func checkFormat(format string, formats []string) error {
	if slices.Contains(formats, format) {
		return nil
	}
	return misused("invalid --output %q: must be %s", format, oneOf(formats))
}

// oneOf joins values as alternatives: "table, json or csv".
func oneOf(values []string) string {
	last := len(values) - 1
	return strings.Join(values[:last], ", ") + " or " + values[last]
}

// timeOrDash writes a time to the minute, in UTC.
func timeOrDash(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.UTC().Format("2006-01-02 15:04")
}

// timeOrNone is a time for a cell, or a dash.
func timeOrNone(at *time.Time) any {
	if at == nil {
		return "-"
	}
	return *at
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// parseDays reads a duration in days (90d) or in Go's notation (12h30m).
func parseDays(text string) (time.Duration, error) {
	days, found := strings.CutSuffix(text, "d")
	if !found {
		return time.ParseDuration(text)
	}
	count, err := strconv.ParseUint(days, 10, 16)
	return time.Duration(count) * 24 * time.Hour, err
}
