package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// machine describes a state machine of package booking: its transition table, the states in the order of their life with their
// meanings, and the cause of each transition.
type machine[S ~string] struct {
	name   string
	story  string
	table  map[S][]S
	states []state[S] // the first one is the initial state
	causes map[S]map[S]string
}

type state[S ~string] struct {
	is      S
	class   class
	meaning string
}

// class is the Mermaid class that colours a state.
type class string

const (
	waiting class = "waiting" // something is still to come
	good    class = "good"    // the money is in place
	bad     class = "bad"     // ended without the money, or an operator must act
)

const classDefinitions = `    classDef waiting fill:#fff4ce,stroke:#b58900,color:#3b2f00
    classDef good fill:#d9f2e0,stroke:#2b8a3e,color:#0b3d1a
    classDef bad fill:#fbe0e0,stroke:#c92a2a,color:#4d0f0f
`

// smallestCluster is the least number of mutually reachable states that are drawn as one box. Drawn one by one, the six open states
// of a payment would need thirty arrows.
const smallestCluster = 3

func (m machine[S]) write(out *strings.Builder) error {
	if err := m.check(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n## %s\n\n%s\n\n```mermaid\nstateDiagram-v2\n", m.name, m.story)
	m.diagram(out)
	out.WriteString("```\n\n| state | meaning | may become |\n|---|---|---|\n")
	for _, s := range m.states {
		targets := make([]string, 0, len(m.table[s.is]))
		for _, to := range m.ordered(m.table[s.is]) {
			targets = append(targets, "`"+string(to)+"`")
		}
		next := strings.Join(targets, ", ")
		if next == "" {
			next = "final"
		}
		fmt.Fprintf(out, "| `%s` | %s | %s |\n", s.is, s.meaning, next)
	}
	return nil
}

// check refuses a description that does not match the table, so that each new state and transition is described.
func (m machine[S]) check() error {
	described := map[S]bool{}
	for _, s := range m.states {
		described[s.is] = true
		if _, known := m.table[s.is]; !known {
			return fmt.Errorf("%s: the described state %s does not exist", m.name, s.is)
		}
	}
	cluster := m.cluster()
	for from, targets := range m.table {
		if !described[from] {
			return fmt.Errorf("%s: the state %s is not described", m.name, from)
		}
		for _, to := range targets {
			if !slices.Contains(cluster, from) && m.causes[from][to] == "" {
				return fmt.Errorf("%s: the cause from %s to %s is missing", m.name, from, to)
			}
		}
		for to := range m.causes[from] {
			if !slices.Contains(targets, to) {
				return fmt.Errorf("%s: a cause from %s to %s is described, but the transition is illegal", m.name, from, to)
			}
		}
	}
	return nil
}

func (m machine[S]) diagram(out *strings.Builder) {
	cluster := m.cluster()
	if len(cluster) > 0 {
		fmt.Fprintf(out, "    [*] --> open\n    state \"open: any may become any other\" as open {\n        [*] --> %s\n", m.states[0].is)
		for _, s := range cluster[1:] {
			fmt.Fprintf(out, "        %s\n", s)
		}
		out.WriteString("    }\n")
		for _, to := range m.ordered(m.table[cluster[0]]) {
			if !slices.Contains(cluster, to) {
				fmt.Fprintf(out, "    open --> %s%s\n", to, label(m.causes[cluster[0]][to]))
			}
		}
	} else {
		fmt.Fprintf(out, "    [*] --> %s\n", m.states[0].is)
	}
	for _, s := range m.states {
		if slices.Contains(cluster, s.is) {
			continue
		}
		for _, to := range m.ordered(m.table[s.is]) {
			fmt.Fprintf(out, "    %s --> %s%s\n", s.is, to, label(m.causes[s.is][to]))
		}
		if len(m.table[s.is]) == 0 {
			fmt.Fprintf(out, "    %s --> [*]\n", s.is)
		}
	}
	out.WriteString(classDefinitions)
	for _, s := range m.states {
		if !slices.Contains(cluster, s.is) { // Mermaid does not colour what is inside a box
			fmt.Fprintf(out, "    class %s %s\n", s.is, s.class)
		}
	}
}

func label(cause string) string {
	if cause == "" {
		return ""
	}
	return ": " + cause
}

// cluster returns the states that may become one another and the same other states, in order of life; nil when there are fewer than
// smallestCluster.
func (m machine[S]) cluster() []S {
	reach := func(from S) map[S]bool {
		out := map[S]bool{from: true}
		for _, to := range m.table[from] {
			out[to] = true
		}
		return out
	}
	first := reach(m.states[0].is)
	var same []S
	for _, s := range m.states {
		if maps.Equal(first, reach(s.is)) {
			same = append(same, s.is)
		}
	}
	if len(same) < smallestCluster {
		return nil
	}
	return same
}

// ordered sorts states in the order of their life.
func (m machine[S]) ordered(states []S) []S {
	position := map[S]int{}
	for i, s := range m.states {
		position[s.is] = i
	}
	return slices.SortedFunc(slices.Values(states), func(a, b S) int { return position[a] - position[b] })
}
