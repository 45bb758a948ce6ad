package command

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"farebook/internal/exitcode"
)

// Interrupted says that a command was left by Ctrl-C, and what continues without it.
type Interrupted struct{ What string }

func (e *Interrupted) Error() string { return e.What }

// Exit writes why a command ended, if it failed, and returns the code to exit with.
func Exit(out io.Writer, err error) int {
	var interrupted *Interrupted
	switch {
	case err == nil:
		return exitcode.OK
	case errors.As(err, &interrupted):
		printError(out, err)
		return exitcode.Interrupted
	case errors.Is(err, ErrBroken): // before others that are joined with it: what was found matters more than what could not be asked
		if others := withoutBroken(err); others != nil {
			printError(out, others)
		}
		return exitcode.Findings
	}
	printError(out, err)
	return exitcode.Of(err)
}

// sayWhy keeps the lines of an error, which may list several problems, and lets nothing in them speak to the terminal.
func printError(out io.Writer, err error) {
	for i, line := range strings.Split(err.Error(), "\n") {
		prefix := ""
		if i == 0 {
			prefix = "starter: "
		}
		_, _ = fmt.Fprintln(out, prefix+printable(line)) // there is nobody else to tell
	}
}

// withoutBroken is what an error has beside ErrBroken, which the table has shown already. It walks the tree that
// errors.Join makes.
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

// misused is an error about how a command was called.
func misused(format string, args ...any) error { return exitcode.Misused(format, args...) }

// codeMisuse gives the errors that cobra makes of flags and arguments their code, for a command and those below it.
func codeMisuse(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exitcode.With(exitcode.Misuse, err) })
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error { return exitcode.With(exitcode.Misuse, check(c, args)) }
	}
	for _, below := range cmd.Commands() {
		codeMisuse(below)
	}
}

// knownCommand refuses a mistyped command with those that resemble it; without it, cobra's own refusal would have no code.
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
