package command

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"farebook/internal/exitcode"
)

// InterruptedError is the error of a command that Ctrl-C ended. What says what continues without it.
type InterruptedError struct{ What string }

func (e *InterruptedError) Error() string { return e.What }

// Exit writes the error of a command, and returns the exit code.
func Exit(out io.Writer, err error) int {
	var interrupted *InterruptedError
	switch {
	case err == nil:
		return exitcode.OK
	case errors.As(err, &interrupted):
		printError(out, err)
		return exitcode.Interrupted
	case errors.Is(err, ErrBroken): // first, because a finding matters more than a check that could not be made
		if others := withoutBroken(err); others != nil {
			printError(out, others)
		}
		return exitcode.Findings
	}
	printError(out, err)
	return exitcode.Of(err)
}

// sayWhy writes each line of an error, which may list several problems, without characters that control the terminal.
func printError(out io.Writer, err error) {
	for i, line := range strings.Split(err.Error(), "\n") {
		prefix := ""
		if i == 0 {
			prefix = "starter: "
		}
		_, _ = fmt.Fprintln(out, prefix+printable(line)) // there is no other output
	}
}

// withoutBroken removes ErrBroken, which the table has already shown, from errors joined with errors.Join.
func withoutBroken(err error) error {
	if !errors.Is(err, ErrBroken) {
		return err
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var others []error
	for _, one := range joined.Unwrap() {
		others = append(others, withoutBroken(one))
	}
	return errors.Join(others...)
}

// misused is an error about arguments or flags.
func misused(format string, args ...any) error { return exitcode.Misused(format, args...) }

// codeMisuse gives cobra's errors about flags and arguments their exit code, for a command and its subcommands.
func codeMisuse(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exitcode.With(exitcode.Misuse, err) })
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error { return exitcode.With(exitcode.Misuse, check(c, args)) }
	}
	for _, below := range cmd.Commands() {
		codeMisuse(below)
	}
}

// knownCommand refuses an unknown command and suggests similar ones. cobra's own refusal would not have the exit code.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown command %q", args[0])
	if alike := cmd.SuggestionsFor(args[0]); len(alike) > 0 {
		text += ": did you mean " + strings.Join(alike, " or ") + "?"
	}
	return errors.New(text + ": see starter --help")
}
