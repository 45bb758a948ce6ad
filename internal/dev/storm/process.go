package storm

import (
	"os"
	"strings"
	"sync"

	"farebook/internal/dev/devstack"
)

// process is an API or a worker, which may have a failpoint at which it dies once.
type process struct {
	*devstack.Supervised

	mu    sync.Mutex
	point string // NAME@MARKER of the armed failpoint
}

// restart ends the process regularly, and has it started again with a failpoint, which may be empty.
func (p *process) restart(point string) {
	p.mu.Lock()
	p.point = point
	p.Configure("FAREBOOK_FAILPOINT=" + point)
	p.mu.Unlock()
	p.Restart()
}

// armed reports whether a failpoint is left that the process may die at.
func (p *process) armed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.point == "" {
		return false
	}
	_, marker, _ := strings.Cut(p.point, "@")
	_, err := os.Stat(marker)
	return err != nil
}
