package devstack

import (
	"errors"
	"os"
	"path/filepath"
)

// Scratch creates an empty directory below var/ for a run whose data is not kept, and returns it with the function that removes it.
// It first removes the directories of runs that were killed.
func Scratch() (dir string, remove func() error, err error) {
	root, err := Root()
	if err != nil {
		return "", nil, err
	}
	parent := filepath.Join(root, "var", "scratch")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", nil, err
	}
	unlock, err := lock(filepath.Join(parent, "lock")) // so that no other run removes the directory before it is locked
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

// sweep removes the directories that no running process has locked.
func sweep(parent string) error {
	left, err := filepath.Glob(filepath.Join(parent, "run-*"))
	if err != nil {
		return err
	}
	for _, dir := range left {
		unlock, held, err := tryLock(filepath.Join(dir, "lock"))
		if errors.Is(err, os.ErrNotExist) {
			continue // its owner has removed it
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
