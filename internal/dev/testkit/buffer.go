package testkit

import (
	"bytes"
	"sync"
)

// Buffer keeps log lines of several writers.
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

// Lines counts what has been written so far.
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
