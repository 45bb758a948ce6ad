package devstack

import (
	"errors"
	"os"
	"path/filepath"
)

// Scratch makes an empty directory under var/ for a run whose data is thrown away, and returns it with the function
// that removes it. What runs that were killed left behind is removed first.
func Scratch() (dir string, remove func() error, err error) {
	root, err := Root()
	if err != nil {
		return "", nil, err
	}
	parent := filepath.Join(root, "var", "scratch")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", nil, err
	}
	unlock, err := lock(filepath.Join(parent, "lock")) // so that nobody sweeps a directory before it is claimed
	if err != nil {
		return "", nil, err
	}
	defer unlock()
	if err := sweep(parent); err != nil {
		return "", nil, err
	}
	if dir, err = os.MkdirTemp(parent, "run-"); err != nil {
		return "", nil, err
	}
	release, _, err := tryLock(filepath.Join(dir, "lock"))
	if err != nil {
		return "", nil, err
	}
	return dir, func() error {
		release()
		return os.RemoveAll(dir)
	}, nil
}

// sweep removes the directories that no living process holds.
func sweep(parent string) error {
	left, err := filepath.Glob(filepath.Join(parent, "run-*"))
	if err != nil {
		return err
	}
	for _, dir := range left {
		unlock, held, err := tryLock(filepath.Join(dir, "lock"))
		if errors.Is(err, os.ErrNotExist) {
			continue // its owner removed it just now
		}
		if err != nil {
			return err
		}
		if held {
			continue
		}
		unlock()
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}
