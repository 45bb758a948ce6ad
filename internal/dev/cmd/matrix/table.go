package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"farebook/internal/dev/guards"
)

// print writes the table of what is kept.
func (m *matrix) print(out io.Writer) error {
	lines := []string{"", "| upgrade |", "|---|"}
	for _, of := range columns {
		title := of.title
		if described, known := m.kept.Find("column "+of.key, ""); known {
			title = described.By
		}
		lines[1] += " " + title + " |"
		lines[2] += "---|"
	}
	for _, one := range m.rows {
		line := "| " + one.title + " |"
		for _, of := range columns {
			cell, err := m.cell(of, one)
			if err != nil {
				return err
			}
			line += " " + cell + " |"
		}
		lines = append(lines, line)
	}
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

// cell is the text of a cell: empty where the row is not of the column.
func (m *matrix) cell(of column, one row) (string, error) {
	if !one.isOf(of) {
		return "", nil
	}
	digest, err := m.digest(context.Background(), one)
	if err != nil {
		return "", err
	}
	result, isCurrent := m.kept.Find(of.key+"/"+one.key, digest)
	return describe(result, isCurrent), nil
}

// describe is the text of a result. isCurrent says that it is of the present source.
func describe(result guards.Result, isCurrent bool) (text string) {
	switch result.Outcome {
	case "":
		return "not run"
	case notHere:
		return "not here: " + result.By
	case failed:
		text = "**failed**: " + result.By
	default:
		text = fmt.Sprintf("%s, %.0f s", result.By, result.Seconds)
	}
	if !isCurrent {
		text += " (earlier source)"
	}
	return text
}
