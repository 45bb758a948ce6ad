// Package version identifies what a program was built from. It imports the standard library only.
package version

import (
	"cmp"
	"fmt"
	"runtime/debug"
)

// version and revision are set by the linker when there is no .git to read them from, as in the image.
var version, revision string

// String returns one line for people: "farebook v1.2.3, revision 0123abcd, go1.26.3".
func String() string {
	built, commit, compiler := Parts()
	return fmt.Sprintf("farebook %s, revision %s, %s", built, commit, compiler)
}

// Parts returns the version, the revision and the version of Go.
func Parts() (built, commit, compiler string) {
	built, commit, compiler = "unknown", "unknown", "an unknown Go"
	if info, ok := debug.ReadBuildInfo(); ok {
		built, compiler = info.Main.Version, info.GoVersion
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				commit = setting.Value
			}
		}
	}
	return cmp.Or(version, built), cmp.Or(revision, commit), compiler
}
