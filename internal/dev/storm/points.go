package storm

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var pointHit = regexp.MustCompile(`failpoint\.Hit\("([a-z-]+)"\)`)

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
	if points.Worker, err = failpointsIn(filepath.Join(root, "activities")); err != nil {
		return points, err
	}
	points.API = slices.Clone(points.Worker)
	for _, folder := range []string{"api", "dispatch", "inbox", "sweeper"} {
		names, err := failpointsIn(filepath.Join(root, "starter", folder))
		if err != nil {
			return points, err
		}
		points.API = append(points.API, names...)
	}
	return points, nil
}

func failpointsIn(folder string) (names []string, err error) {
	err = filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, hit := range pointHit.FindAllSubmatch(text, -1) {
			names = append(names, string(hit[1]))
		}
		return err
	})
	slices.Sort(names)
	return slices.Compact(names), err
}
