package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestSubject is how many characters of a subject tools show without cutting it.
const longestSubject = 72

// checkSubjects checks the subject of each commit after since, merges excepted. A clone that does not have since, or that is no
// clone at all (an archive of the source), has no commits to check.
func checkSubjects(ctx context.Context, directory, since string) ([]finding, error) {
	if err := exec.CommandContext(ctx, "git", "-C", directory, "merge-base", "--is-ancestor", since, "HEAD").Run(); err != nil {
		return nil, nil //nolint:nilerr // no such commit, no repository, or no git
	}
	log, err := exec.CommandContext(ctx, "git", "-C", directory, "log", "--no-merges", "--format=%h %s", since+"..HEAD").Output()
	if err != nil {
		return nil, fmt.Errorf("read the subjects of commits: %w", err)
	}
	var found []finding
	for line := range strings.Lines(string(log)) {
		hash, subject, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if wrong := subjectFault(subject); wrong != "" {
			found = append(found, finding{file: "commit " + hash, message: wrong + ": " + subject})
		}
	}
	return found, nil
}

// subjectFault says what is wrong with the subject of a commit, or nothing.
func subjectFault(subject string) string {
	first, _ := utf8.DecodeRuneInString(subject)
	switch length := utf8.RuneCountInString(subject); {
	case length > longestSubject:
		return fmt.Sprintf("the subject has %d characters, at most %d are shown everywhere", length, longestSubject)
	case unicode.IsLower(first):
		return "the subject begins with a small letter"
	case strings.HasSuffix(subject, "."):
		return "the subject ends with a full stop"
	}
	return ""
}
