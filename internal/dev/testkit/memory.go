package testkit

import (
	"fmt"
	"os"
	"strings"

	"github.com/stretchr/testify/require"
)

// Memory returns the resident memory of a process of the stack, now and at its peak, in bytes (proc(5), status).
func (s *Stack) Memory(name string) (now, peak int64) {
	s.T.Helper()
	for _, p := range s.processes {
		if p.Program() != name {
			continue
		}
		p.mu.Lock()
		pid := p.command.Process.Pid
		p.mu.Unlock()
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		require.NoError(s.T, err)
		return kilobytes(string(status), "VmRSS:"), kilobytes(string(status), "VmHWM:")
	}
	require.Fail(s.T, "no such process", name)
	return 0, 0
}

func kilobytes(status, field string) int64 {
	_, rest, _ := strings.Cut(status, field)
	var kb int64
	_, _ = fmt.Sscan(rest, &kb) // 0 where the field is missing
	return kb << 10
}
