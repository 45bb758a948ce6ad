package storm

import (
	"path/filepath"
	"strings"

	"farebook/internal/dev/failpoints"
)

// Points are the names of failpoints, in order, by which processes can reach them.
type Points struct{ API, Worker []string }

// of returns those of a process.
func (p Points) of(process string) []string {
	if strings.HasPrefix(process, "worker") {
		return p.Worker
	}
	return p.API
}

// Failpoints finds the failpoints that an API or a worker can reach, below the top folder of a checkout. An API carries out steps as well.
// Those of operators' commands, such as a migration, an import or a rebuild, have other tests.
func Failpoints(root string) (points Points, err error) {
	steps := filepath.Join(root, "activities")
	if points.Worker, err = failpoints.In(steps); err != nil {
		return points, err
	}
	folders := []string{steps}
	for _, folder := range []string{"api", "dispatch", "inbox", "sweeper"} {
		folders = append(folders, filepath.Join(root, "starter", folder))
	}
	points.API, err = failpoints.In(folders...)
	return points, err
}
