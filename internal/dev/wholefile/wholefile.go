// Package wholefile replaces a file that other processes read. It imports the standard library only.
package wholefile

import "os"

// Replace replaces the text of a file at once, as the kubelet replaces a secret: a reader finds the text before or the new one, and no part
// of either. One caller at a time replaces a file.
func Replace(path, text string) error {
	next := path + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
