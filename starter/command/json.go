package command

import (
	"encoding/json"
	"io"

	"farebook/starter/view"
)

// printJSON writes JSON without characters that control a terminal: it also escapes those that encoding/json leaves unescaped (DEL, C1
// controls, directions), which changes no value.
func printJSON(out io.Writer, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	_, err = out.Write(append(view.EscapeJSON(text), '\n'))
	return err
}
