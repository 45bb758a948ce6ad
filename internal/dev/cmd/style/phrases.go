package main

import (
	"fmt"
	"regexp"
	"strings"
)

// phrase is a wording that the project does not use.
type phrase struct {
	pattern *regexp.Regexp
	unless  *regexp.Regexp // the phrase is fine when this matches it together with the words around it; nil: never fine
	instead string
}

// rule compiles a phrase: whole words, in upper or lower case, a space in the pattern for any white space in the text.
func rule(pattern, unless, instead string) phrase {
	compiled := phrase{pattern: regexp.MustCompile(`(?i)\b(?:` + strings.ReplaceAll(pattern, " ", `\s+`) + `)\b`), instead: instead}
	if unless != "" {
		compiled.unless = regexp.MustCompile(`(?i)\b(?:` + unless + `)`)
	}
	return compiled
}

var phrases = []phrase{
	rule(`of (?:my|your|his|her|its|our|their) own`, `one of (?:its|our|their) own`, `write whose it is, or "its own" before the noun`),
	rule(`(?:go|goes|going|went|gone) on`, `on (?:the|a|an|its|their|top|to|one|both|every|each|this|that)\b`, `write "continues"`),
	rule(`(?:is|are|was|were|be|been|being) told`, "", `write what it receives, or who reports it`),
	rule(`by (?:itself|himself|herself|themselves)`, "", `write "automatically", "alone", or what causes it`),
	rule(`what stands`, "", `name the thing`),
	rule(`(?:a|no|each|every|any|another) person`, "", `write who: an operator, a traveller, a reader`),
	rule(`(?:is|are|was|were|be|been) none`, `there (?:is|are|was|were) none|\w+ none of\b`, `write "is not a ...", or "there is none"`),
	rule(`lacks|lacked|lacking`, "", `write "has no", "is missing", or "without"`),
	rule(`lack`, `for lack of`, `write "have no", or "is missing"`),
	rule(`news`, "", `write "event", "change", or "snapshot"`),
	rule(`looks`, `looks (?:up|like)\b`, `write "reads", "searches", "checks", or "polls"`),
	rule(`(?:a|the|each|every|another|first|last|next|one) look`, `\w+ look-`, `write "read", "check", or "poll"`),
}

// violation is one phrase in a text, and the offset in bytes at which it begins.
type violation struct {
	offset  int
	message string
}

// violations returns the phrases that a text should not contain.
func violations(text string) []violation {
	var found []violation
	for _, p := range phrases {
		for _, at := range p.pattern.FindAllStringIndex(text, -1) {
			if p.unless != nil && p.unless.MatchString(surroundings(text, at[0], at[1])) {
				continue
			}
			wording := strings.Join(strings.Fields(text[at[0]:at[1]]), " ")
			found = append(found, violation{offset: at[0], message: fmt.Sprintf("%q: %s", wording, p.instead)})
		}
	}
	return found
}

// surroundings is text[start:end] with some words before and after it, separated by single spaces.
func surroundings(text string, start, end int) string {
	const reach = 24
	return strings.Join(strings.Fields(text[max(start-reach, 0):min(end+reach, len(text))]), " ")
}
