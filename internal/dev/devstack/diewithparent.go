package devstack

import (
	"runtime"
	"syscall"
)

// DieWithParent asks the kernel to send this process SIGTERM when the one that started it (make, a shell, a test) is
// gone, so that nothing is left running even after SIGKILL up there. Call it first thing in main.
func DieWithParent() error {
	runtime.LockOSThread() // the request belongs to the calling thread; main's lives as long as the process
	_, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
