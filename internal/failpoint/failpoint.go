// Package failpoint lets a test kill this very process, as SIGKILL does, at a named place: before or after a side
// effect. It is how the promise "survives any process dying at any moment" is checked rather than believed.
//
// Points are switched on by FAREBOOK_FAILPOINT, which production configuration refuses. The value is NAME@MARKER: the
// process dies at the first Hit(NAME) that manages to create the file MARKER, so that its successor, started with the
// same environment, passes the same place alive.
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

// Arm switches the failpoint on that spec names, as NAME@MARKER. An empty spec switches all of them off.
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

// Hit kills the process when the failpoint is armed and its marker file does not exist yet; otherwise it does nothing.
func Hit(name string) {
	point := current.Load()
	if point == nil || point.name != name {
		return
	}
	marker, err := os.OpenFile(point.marker, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return // the marker is there: this process is the successor of one that died here
	}
	_ = marker.Close() // the process ends on the next line
	// SIGKILL rather than os.Exit: no deferred function, no flushed buffer, no goodbye to the server.
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
	select {}
}
