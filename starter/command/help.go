package command

import (
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// fitHelp folds the long help of a command and its subcommands, so that a terminal does not break words. Lines that begin with a space
// belong to a table and stay.
func fitHelp(cmd *cobra.Command) {
	var folded []string
	for line := range strings.SplitSeq(cmd.Long, "\n") {
		if strings.HasPrefix(line, " ") {
			folded = append(folded, line)
			continue
		}
		folded = append(folded, fold(line, usualWidth-1)...)
	}
	cmd.Long = strings.Join(folded, "\n")
	for _, below := range cmd.Commands() {
		fitHelp(below)
	}
}

// fold breaks text into lines of at most width characters, between words where possible.
func fold(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for utf8.RuneCountInString(word) > width { // longer than a line, such as an id or a path
			runes := []rune(word)
			if line != "" {
				lines = append(lines, line)
				line = ""
			}
			lines = append(lines, string(runes[:width]))
			word = string(runes[width:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}
