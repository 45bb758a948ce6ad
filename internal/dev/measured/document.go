package measured

import (
	"fmt"
	"os"
	"strings"
)

// Write replaces what a document has between the marks of a command, such as "make bench".
func Write(path, command, text string) error {
	known, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	written, err := insert(string(known), command, text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(written), 0o644) //nolint:gosec // a document of the repository
}

func insert(document, command, text string) (string, error) {
	begin, end := "<!-- "+command+": begin -->\n", "<!-- "+command+": end -->\n"
	before, rest, begins := strings.Cut(document, begin)
	_, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		return "", fmt.Errorf("the document has no lines %q and %q to write between", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return before + begin + "\n" + text + "\n" + end + after, nil
}
