package command

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// formatFlag adds --format to a command, which prints a table unless another of the formats is asked for.
func formatFlag(cmd *cobra.Command, format *string, formats ...string) {
	cmd.Flags().StringVar(format, "format", "table", "how the result is printed: "+oneOf(formats))
	completeFlag(cmd, "format", formats...)
}

// completeFlag has the shell offer a flag's values.
func completeFlag(cmd *cobra.Command, flag string, values ...string) {
	// It fails for a flag that does not exist alone, which every test of the command shows.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// The formats of a list, and of a reconciliation, which people also open in a spreadsheet.
var (
	listFormats = []string{"table", "json"}
	runFormats  = []string{"table", "json", "csv"}
)

func checkFormat(format string, formats []string) error {
	if slices.Contains(formats, format) {
		return nil
	}
	return misused("invalid --format %q: must be %s", format, oneOf(formats))
}

// oneOf names the last of several as the choice that it is: "table, json or csv".
func oneOf(values []string) string {
	last := len(values) - 1
	return strings.Join(values[:last], ", ") + " or " + values[last]
}
