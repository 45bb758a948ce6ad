package main

import (
	"fmt"
	"regexp"
	"strings"
)

// unreleased is the heading of what the next release has.
const unreleased = "Unreleased"

// heading is `## Unreleased`, or `## 1.2.3 - 2026-11-26`.
var heading = regexp.MustCompile(`(?m)^## (Unreleased|(\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2})$`)

// section returns the text below a version's heading.
func section(changelog, version string) (string, error) {
	headings := heading.FindAllStringSubmatchIndex(changelog, -1)
	var known []string
	for i, at := range headings {
		name := unreleased
		if at[4] >= 0 {
			name = changelog[at[4]:at[5]]
		}
		known = append(known, name)
		if name != version {
			continue
		}
		end := len(changelog)
		if i+1 < len(headings) {
			end = headings[i+1][0]
		}
		notes := strings.TrimSpace(changelog[at[1]:end])
		if notes == "" {
			return "", fmt.Errorf("the section %s of CHANGELOG.md is empty", version)
		}
		return notes + "\n", nil
	}
	return "", fmt.Errorf("CHANGELOG.md has no section %s: it has %s", version, strings.Join(known, ", "))
}
