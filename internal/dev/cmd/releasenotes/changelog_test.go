package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const example = `# Changelog

## Unreleased

### Added
- Something new.

## 1.1.0 - 2026-12-01

### Fixed
- A fault.

## 1.0.0 - 2026-11-01
`

func TestSectionOfAVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{unreleased: "### Added\n- Something new.\n", "1.1.0": "### Fixed\n- A fault.\n"} {
		notes, err := section(example, version)
		require.NoError(t, err)
		require.Equal(t, want, notes)
	}
	_, err := section(example, "1.0.0")
	require.EqualError(t, err, "the section 1.0.0 of CHANGELOG.md is empty")
	_, err = section(example, "2.0.0")
	require.EqualError(t, err, "CHANGELOG.md has no section 2.0.0: it has Unreleased, 1.1.0, 1.0.0")
}

// git runs git in a folder, and returns its output without the last line break.
func git(t *testing.T, folder string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", args...)
	command.Dir = folder
	output, err := command.CombinedOutput()
	require.NoError(t, err, "git %s: %s", strings.Join(args, " "), output)
	return strings.TrimSpace(string(output))
}

// anyHeading is each heading that has to be one of heading's.
var anyHeading = regexp.MustCompile(`(?m)^## .*$`)

// releases are the versions of a changelog, the newest first. It begins with what the next one has, and neither numbers nor dates go back.
func releases(changelog string) (versions []string, err error) {
	var last []int
	date := "9999-12-31"
	for i, line := range anyHeading.FindAllString(changelog, -1) {
		found := heading.FindStringSubmatch(line)
		if found == nil || (i == 0) != (found[2] == "") {
			return nil, fmt.Errorf("%q in CHANGELOG.md: the first heading is ## Unreleased, each other one ## 1.2.3 - 2026-11-26", line)
		}
		if i == 0 {
			continue
		}
		var number []int
		for part := range strings.SplitSeq(found[2], ".") {
			n, err := strconv.Atoi(part)
			if err != nil {
				return nil, err
			}
			number = append(number, n)
		}
		_, day, _ := strings.Cut(found[1], " - ")
		if last != nil && slices.Compare(number, last) >= 0 || day > date {
			return nil, fmt.Errorf("%q in CHANGELOG.md is below an older release", line)
		}
		last, date = number, day
		versions = append(versions, found[2])
	}
	return versions, nil
}

func TestReleasesAreInOrder(t *testing.T) {
	t.Parallel()
	versions, err := releases(example)
	require.NoError(t, err)
	require.Equal(t, []string{"1.1.0", "1.0.0"}, versions)
	for says, changelog := range map[string]string{
		"the first heading is ## Unreleased": "## 1.0.0 - 2026-11-01\n",
		`"## 1.0 - 2026-11-01"`:              "## Unreleased\n## 1.0 - 2026-11-01\n",
		`"## Unreleased"`:                    "## Unreleased\n## Unreleased\n",
		`"## 1.10.0 - 2026-11-01" in CHANGELOG.md is below an older release`: "## Unreleased\n## 1.9.0 - 2026-12-01\n## 1.10.0 - 2026-11-01\n",
		`"## 1.0.0 - 2026-12-02" in CHANGELOG.md is below an older release`:  "## Unreleased\n## 1.1.0 - 2026-12-01\n## 1.0.0 - 2026-12-02\n",
	} {
		_, err := releases(changelog)
		require.ErrorContains(t, err, says)
	}
}

// newest is the newest release in the changelog of a commit; empty before the first one.
func newest(t *testing.T, folder, commit string) string {
	t.Helper()
	versions, err := releases(git(t, folder, "show", commit+":CHANGELOG.md"))
	require.NoError(t, err, commit)
	if len(versions) == 0 {
		return ""
	}
	return versions[0]
}

// checkReleases checks that each tag has its section, and that test/previous-release names the newest release before HEAD, from which
// upgrades are tested: by its tag, and by its section where the tag was forgotten. Before the first release, it names any earlier commit.
func checkReleases(t *testing.T, folder string) error {
	t.Helper()
	changelog, err := os.ReadFile(filepath.Join(folder, "CHANGELOG.md"))
	require.NoError(t, err)
	for tag := range strings.FieldsSeq(git(t, folder, "tag", "--list", "v*")) {
		if _, err := section(string(changelog), strings.TrimPrefix(tag, "v")); err != nil {
			return err
		}
	}
	written, err := os.ReadFile(filepath.Join(folder, "test", "previous-release"))
	require.NoError(t, err)
	previous := strings.TrimSpace(string(written))
	if !slices.Contains(strings.Fields(git(t, folder, "rev-list", "HEAD~")), previous) {
		return fmt.Errorf("test/previous-release has %s, which is no earlier commit", previous)
	}
	tags := git(t, folder, "tag", "--list", "v*", "--merged", "HEAD~", "--sort", "-version:refname")
	tag, _, _ := strings.Cut(tags, "\n")
	if tag != "" && git(t, folder, "rev-list", "-n1", tag) != previous {
		return fmt.Errorf("test/previous-release is not %s: write the tag's commit into it", tag)
	}
	if _, err := releases(string(changelog)); err != nil {
		return err
	}
	released := newest(t, folder, "HEAD~")
	if released != "" && newest(t, folder, previous) != released {
		return fmt.Errorf("CHANGELOG.md has %s, and test/previous-release an older commit: write the commit of the release into it", released)
	}
	return nil
}

func TestReleasesHaveNotesAndAreUpgradedFrom(t *testing.T) {
	t.Parallel()
	require.NoError(t, checkReleases(t, git(t, ".", "rev-parse", "--show-toplevel")))
}

// Each step of a release that was forgotten is reported, in a repository that makes one.
func TestForgottenStepsOfAReleaseAreFound(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	git(t, folder, "init", "-q")
	git(t, folder, "config", "user.name", "A test")
	git(t, folder, "config", "user.email", "test@example.com")
	require.NoError(t, os.Mkdir(filepath.Join(folder, "test"), 0o755))
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	commit := func() string {
		git(t, folder, "add", "-A")
		git(t, folder, "commit", "-q", "--allow-empty", "-m", "A step")
		return git(t, folder, "rev-parse", "HEAD")
	}
	write("CHANGELOG.md", example)
	first := commit()
	write("test/previous-release", first+"\n")
	released := commit()
	require.NoError(t, checkReleases(t, folder))

	git(t, folder, "tag", "v1.1.0")
	require.NoError(t, checkReleases(t, folder), "the release itself is upgraded to from the one before")
	commit()
	require.ErrorContains(t, checkReleases(t, folder), "test/previous-release is not v1.1.0")
	write("test/previous-release", released+"\n")
	commit()
	require.NoError(t, checkReleases(t, folder))

	git(t, folder, "tag", "v1.2.0")
	require.ErrorContains(t, checkReleases(t, folder), "no section 1.2.0")
	git(t, folder, "tag", "-d", "v1.2.0")

	write("CHANGELOG.md", strings.Replace(example, "## 1.1.0", "## 1.2.0 - 2026-12-02\n- More.\n\n## 1.1.0", 1))
	untagged := commit()
	require.NoError(t, checkReleases(t, folder), "the release itself")
	commit()
	require.ErrorContains(t, checkReleases(t, folder), "CHANGELOG.md has 1.2.0, and test/previous-release an older commit")
	git(t, folder, "tag", "v1.2.0", untagged)
	write("test/previous-release", untagged)
	commit()
	require.NoError(t, checkReleases(t, folder))
	write("test/previous-release", strings.Repeat("0", 40))
	commit()
	require.ErrorContains(t, checkReleases(t, folder), "no earlier commit")
}
