package testkit

import (
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
)

// Texts are the values of one column of a text type.
type Texts struct {
	Column string // table.column
	Values []string
}

// EveryText reads all columns of text types in all tables, as the schema lists them.
func (s *Stack) EveryText() []Texts {
	s.T.Helper()
	columns := s.strings(`SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns WHERE table_schema = ?
		AND (character_maximum_length IS NOT NULL OR data_type = 'json') ORDER BY 1`, s.DB.Name)
	require.NotEmpty(s.T, columns)
	texts := make([]Texts, len(columns))
	for i, column := range columns {
		table, name, _ := strings.Cut(column, ".")
		texts[i] = Texts{column, s.strings(fmt.Sprintf("SELECT COALESCE(CAST(`%s` AS CHAR), '') FROM `%s`", name, table))}
	}
	return texts
}

func (s *Stack) strings(query string, args ...any) []string {
	s.T.Helper()
	rows, err := s.DB.SQL.QueryContext(s.T.Context(), query, args...)
	require.NoError(s.T, err)
	defer func() { _ = rows.Close() }() // rows.Err reports what Close would
	var all []string
	for rows.Next() {
		var text sql.NullString
		require.NoError(s.T, rows.Scan(&text))
		all = append(all, text.String)
	}
	require.NoError(s.T, rows.Err())
	return all
}

// EveryHistory returns the histories of all runs on the stack's task queues as text, by workflow id and run id. It waits until
// Temporal's search, which lags, shows the expected workflows.
func (s *Stack) EveryHistory(expected ...string) map[string]string {
	s.T.Helper()
	queues := fmt.Sprintf("TaskQueue = '%s' OR TaskQueue = '%s'", s.Config.TaskQueue, s.Config.TaskQueue+"-reconciliation")
	runs := map[string][]string{}
	s.Eventually(func() bool {
		clear(runs)
		var page []byte
		for {
			answer, err := s.Temporal.ListWorkflow(s.T.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: queues, NextPageToken: page})
			if err != nil {
				return false
			}
			for _, run := range answer.GetExecutions() {
				id := run.GetExecution().GetWorkflowId()
				runs[id] = append(runs[id], run.GetExecution().GetRunId())
			}
			page = answer.GetNextPageToken()
			if len(page) == 0 {
				break
			}
		}
		for _, id := range expected {
			if len(runs[id]) == 0 {
				return false
			}
		}
		return true
	}, "Temporal's search does not show %v", expected)
	histories := map[string]string{}
	for id, all := range runs {
		for _, run := range all {
			histories[id+" "+run] = s.RunText(id, run)
		}
	}
	return histories
}

// EveryFile returns the contents of all files in the working and temporary folder of the stack's processes, by path.
func (s *Stack) EveryFile() map[string]string {
	s.T.Helper()
	files := map[string]string{}
	require.NoError(s.T, filepath.WalkDir(s.Folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	}))
	return files
}
