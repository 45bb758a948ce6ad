// Package failpoint lets a test kill the running process, as SIGKILL does, at a named place before or after a side effect.
// Tests use it to verify that Farebook survives the death of a process at any moment.
//
// FAREBOOK_FAILPOINT, which production refuses, arms a point with NAME@MARKER: the process dies at the first Hit(NAME) that
// manages to create the file MARKER, so that its successor in the same environment passes the same place. It is our own because
// pingcap/failpoint and etcd's gofail rewrite the source before a build, so that the tested program is not the one that is
// shipped. It imports the standard library only.
package failpoint

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
)

type armed struct{ name, marker string }

var current atomic.Pointer[armed]

// Arm arms the failpoint in spec, NAME@MARKER. An empty spec disarms all.
func Arm(spec string) error {
	if spec == "" {
		current.Store(nil)
		return nil
	}
	name, marker, found := strings.Cut(spec, "@")
	if !found || name == "" || marker == "" {
		return fmt.Errorf("FAREBOOK_FAILPOINT: want NAME@MARKER, the failpoint's name and the path of a file to create, got %q", spec)
	}
	current.Store(&armed{name: name, marker: marker})
	return nil
}

var listener atomic.Pointer[func(name string)]

// Listen has every Hit of the process call hit with its name, in the goroutine that hits. A simulation ends that goroutine there, as the
// death of a process would. nil ends it.
func Listen(hit func(name string)) {
	if hit == nil {
		listener.Store(nil)
		return
	}
	listener.Store(&hit)
}

// Hit kills the process if the failpoint is armed and its marker file does not exist yet; otherwise it does nothing.
func Hit(name string) {
	if hit := listener.Load(); hit != nil {
		(*hit)(name)
	}
	point := current.Load()
	if point == nil || point.name != name {
		return
	}
	marker, err := os.OpenFile(point.marker, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return // the marker exists: this process is the successor of one that died here
	}
	_ = marker.Close() // the process ends on the next line
	// SIGKILL rather than os.Exit: no deferred function runs, no buffer is flushed, no connection is closed.
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
	select {}
}
