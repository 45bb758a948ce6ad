package devstack

import (
	"runtime"
	"syscall"
)

// DieWithParent asks the kernel to send SIGTERM to this process when its parent (make, a shell, a test) ends, so that nothing is
// left running even after SIGKILL of the parent. Call it first in main.
func DieWithParent() error {
	runtime.LockOSThread() // the request is of the calling thread; that of main lives as long as the process
	_, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
