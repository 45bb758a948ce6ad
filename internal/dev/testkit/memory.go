package testkit

import (
	"fmt"
	"os"
	"strings"

	"github.com/stretchr/testify/require"
)

// Memory returns the resident memory of the stack's first process of a program, now and at its peak, in bytes (proc(5), status).
func (s *Stack) Memory(program string) (now, peak int64) {
	s.T.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.firstOf(program).Pid()))
	require.NoError(s.T, err)
	return kilobytes(string(status), "VmRSS:"), kilobytes(string(status), "VmHWM:")
}

// kilobytes reads a field of /proc/PID/status, whose unit is kB, and returns it in bytes.
func kilobytes(status, field string) int64 {
	_, rest, _ := strings.Cut(status, field)
	var kb int64
	_, _ = fmt.Sscan(rest, &kb) // 0 where the field is missing
	return kb << 10
}
