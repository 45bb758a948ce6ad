// Package version identifies what a program was built from. It imports the standard library only.
package version

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"strings"
)

// version, revision and date are set by the linker when there is no .git to read them from, as in the image.
var version, revision, date string

// String returns one line for people: "farebook v1.2.3, revision 0123abcd of 2026-11-26, go1.26.3". The date is that of the commit, in UTC.
func String() string {
	built, commit, compiler := Parts()
	return fmt.Sprintf("farebook %s, revision %s of %s, %s", built, commit, committed(), compiler)
}

// Parts returns the version, the revision and the version of Go.
func Parts() (built, commit, compiler string) {
	built, compiler = "unknown", "an unknown Go"
	if info, ok := debug.ReadBuildInfo(); ok {
		built, compiler = info.Main.Version, info.GoVersion
	}
	return cmp.Or(version, built), cmp.Or(commitID(), "unknown"), compiler
}

// BuildID returns what distinguishes this build from others: the first digits of its commit, with "-modified" if the working tree had
// changes. It is empty when the program does not know its commit.
func BuildID() string {
	commit := commitID()
	if commit == "" {
		return ""
	}
	id := commit[:min(len(commit), idDigits)]
	if setting("vcs.modified") == "true" {
		id += "-modified"
	}
	return id
}

// idDigits identify a commit, also among those of a large repository.
const idDigits = 12

// commitID is empty when the program does not know its commit. An image that is built without one has the revision "unknown".
func commitID() string {
	if revision != "" && revision != "unknown" {
		return revision
	}
	return setting("vcs.revision")
}

// committed is the day of the commit.
func committed() string {
	day, _, _ := strings.Cut(setting("vcs.time"), "T")
	return cmp.Or(date, day, "an unknown date")
}

// setting is what the go command recorded under key; empty if nothing.
func setting(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, recorded := range info.Settings {
		if recorded.Key == key {
			return recorded.Value
		}
	}
	return ""
}
