package testkit

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

// Buffer collects the log lines of several writers.
type Buffer struct {
	mu    sync.Mutex
	text  bytes.Buffer
	lines int
}

func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines += bytes.Count(p, []byte{'\n'})
	return b.text.Write(p)
}

// Lines returns the number of lines so far.
func (b *Buffer) Lines() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines
}

func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// LogLines returns the log lines of one service that contain a text.
func (s *Stack) LogLines(service, text string) []string {
	var lines []string
	for line := range strings.Lines(s.Logs.String()) {
		if strings.Contains(line, fmt.Sprintf("%q:%q", "service", service)) && strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}
