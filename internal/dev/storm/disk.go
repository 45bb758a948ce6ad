package storm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Disk is a file system for the data of MariaDB alone, so that a fault can leave it without space. The zero value has no file system.
type Disk struct {
	Dir string // where it is mounted; empty if nothing could be mounted
	Why string // the reason that nothing could be mounted
}

// onItsDisk is the variable that a program has which OwnDisk has begun anew; its value is the directory.
const onItsDisk = "FAREBOOK_STORM_DISK"

// OwnDisk gives the running program a file system in memory of so many bytes, mounted at dir. The program begins anew in its own
// mount namespace: no other process sees the mount, and the kernel removes it with the last process in it, also after SIGKILL. Where
// mounting is not permitted, the program continues, and Disk.Why has the reason. Call it first in main.
func OwnDisk(dir string, size int64) (Disk, error) {
	if mounted := os.Getenv(onItsDisk); mounted != "" {
		return Disk{Dir: mounted}, nil
	}
	program, err := os.Executable()
	if err != nil {
		return Disk{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Disk{}, err
	}
	runtime.LockOSThread() // the namespace is of the thread that executes the program anew
	if err := mount(dir, size); err != nil {
		runtime.UnlockOSThread()
		return Disk{Why: fmt.Sprintf("no file system can be mounted at %s: %v; run it as root", dir, err)}, nil
	}
	return Disk{}, syscall.Exec(program, os.Args, append(os.Environ(), onItsDisk+"="+dir))
}

// mount mounts the file system in a namespace of this thread.
func mount(dir string, size int64) error {
	if err := syscall.Unshare(syscall.CLONE_NEWNS); err != nil {
		return err
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil { // nothing reaches the machine's namespace
		return err
	}
	return syscall.Mount("farebook-storm", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
}

// missing says why the disk cannot be full; empty if it can.
func (d Disk) missing() string {
	if d.Dir == "" && d.Why == "" {
		return "MariaDB shares the disk of the machine"
	}
	return d.Why
}

func (d Disk) filler() string { return filepath.Join(d.Dir, "filler") }

// fill takes all space that is left.
func (d Disk) fill() (err error) {
	file, err := os.Create(d.filler())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var disk syscall.Statfs_t
	if err := syscall.Fstatfs(int(file.Fd()), &disk); err != nil {
		return err
	}
	taken := int64(0)
	for size := int64(disk.Bavail) * disk.Bsize; size >= disk.Bsize; { // pages that fit no piece are halved
		switch err := syscall.Fallocate(int(file.Fd()), 0, taken, size); {
		case err == nil:
			taken += size
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case !errors.Is(err, syscall.EINTR):
			return err
		}
	}
	return nil
}

// empty gives the space back.
func (d Disk) empty() error {
	if d.Dir == "" {
		return nil
	}
	return os.RemoveAll(d.filler())
}

// clear removes what an earlier run has left.
func (d Disk) clear() error {
	if d.Dir == "" {
		return nil
	}
	left, err := os.ReadDir(d.Dir)
	for _, one := range left {
		err = errors.Join(err, os.RemoveAll(filepath.Join(d.Dir, one.Name())))
	}
	return err
}

// keep copies what is on the disk, which ends with the program, to a directory.
func (d Disk) keep(dir string) error {
	if d.Dir == "" {
		return nil
	}
	if err := errors.Join(d.empty(), os.RemoveAll(dir)); err != nil {
		return err
	}
	_ = os.Remove(filepath.Join(d.Dir, "data", "server.sock")) // left by a server that was killed; no file to copy
	return os.CopyFS(dir, os.DirFS(d.Dir))
}
