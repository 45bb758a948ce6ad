package test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clocks tell the CPU time of the processes of a system so far, in milliseconds, by a name for people.
type clocks map[string]func(testing.TB) float64

// benchProcess is the name of the process of the benchmark itself.
const benchProcess = "clients, Stripe's stand-in and mailbox"

// cpuClock is that of a process, which another may replace meanwhile.
func cpuClock(pid func() int) func(testing.TB) float64 {
	return func(t testing.TB) float64 { return cpuOf(t, pid()) }
}

// this is the process of the benchmark.
func this(t testing.TB) float64 { return cpuOf(t, os.Getpid()) }

// family is a process with its children, those that have ended included: a PostgreSQL server has one for each connection.
func family(pid func() int) func(testing.TB) float64 {
	return func(t testing.TB) float64 { return cpuOfFamily(t, pid()) }
}

func (c clocks) spent(t testing.TB) map[string]float64 {
	t.Helper()
	spent := map[string]float64{}
	for name, cpu := range c {
		spent[name] = cpu(t)
	}
	return spent
}

// load is what was measured of one system: how long each took, and the CPU time of its processes meanwhile.
type load struct {
	timings

	cpu map[string]float64 // milliseconds, by process
}

// measure does something n times, and adds what that cost.
func (l *load) measure(t testing.TB, c clocks, clients, n int, do func(i int) time.Duration) {
	t.Helper()
	before := c.spent(t)
	l.run(clients, n, do)
	if l.cpu == nil {
		l.cpu = map[string]float64{}
	}
	for name, now := range c.spent(t) {
		l.cpu[name] += now - before[name]
	}
}

// The fields of /proc/PID/stat behind the name of the program, in ticks of 10 ms (proc(5)).
const (
	userTime = iota + 11
	systemTime
	userTimeOfEnded // of children that have ended
	systemTimeOfEnded
)

// cpuOf reads the CPU time of a process, user and system, in milliseconds.
func cpuOf(t testing.TB, pid int) float64 {
	t.Helper()
	spent, err := cpuTime(pid, userTime, systemTime)
	require.NoError(t, err)
	return spent
}

// cpuOfFamily adds that of its children: those that have ended, and those that run.
func cpuOfFamily(t testing.TB, pid int) float64 {
	t.Helper()
	spent, err := cpuTime(pid, userTime, systemTime, userTimeOfEnded, systemTimeOfEnded)
	require.NoError(t, err)
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	require.NoError(t, err)
	for _, child := range strings.Fields(string(children)) {
		id, err := strconv.Atoi(child)
		require.NoError(t, err)
		of, err := cpuTime(id, userTime, systemTime)
		if !errors.Is(err, os.ErrNotExist) { // it has ended since
			require.NoError(t, err)
		}
		spent += of
	}
	return spent
}

// cpuTime adds fields of /proc/PID/stat, in milliseconds.
func cpuTime(pid int, fields ...int) (spent float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name, which may contain spaces, is before
	all := strings.Fields(after)
	for _, field := range fields {
		ticks, err := strconv.ParseFloat(all[field], 64)
		if err != nil {
			return 0, err
		}
		spent += ticks * 10
	}
	return spent, nil
}

func sum(values map[string]float64) (total float64) {
	for _, value := range values {
		total += value
	}
	return total
}
