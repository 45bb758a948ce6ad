package command

import (
	"fmt"
	"io"
	"time"

	"farebook/internal/deployment"
)

func printDeployment(out io.Writer, status deployment.Status, format string) error {
	if format == "json" {
		return printDeploymentJSON(out, status)
	}
	if err := printText(out, "Deployment %s\n", status.Name); err != nil {
		return err
	}
	table := newTable(out, "BUILD", "STATE", "SINCE (UTC)", "NEW WORKFLOWS", "WORKERS", "PINNED", "MAY STOP")
	for _, build := range status.Builds {
		table.row(build.Build, build.State, timeOrDash(sinceOf(build)), routedShare(build.Percentage), build.Workers, build.OpenPinned,
			mayStop(build))
	}
	if err := table.flush(); err != nil {
		return err
	}
	if status.Manager == "" {
		return nil
	}
	return printText(out, "Managed by %s: only it may change this deployment.\n", status.Manager)
}

// mayStop says whether a build's workers may be stopped, and why not.
func mayStop(build deployment.BuildStatus) string {
	switch {
	case build.MayStop:
		return "yes"
	case build.Percentage > 0:
		return "no: gets new workflows"
	case build.OpenPinned > 0:
		return fmt.Sprintf("no: %d pinned", build.OpenPinned)
	}
	return "no: Temporal still checks"
}

func sinceOf(build deployment.BuildStatus) *time.Time {
	if build.Since.IsZero() {
		return nil
	}
	return &build.Since
}

// deploymentView and buildView are the JSON of deploy status.
type deploymentView struct {
	Deployment string      `json:"deployment"`
	Manager    string      `json:"manager,omitempty"`
	Builds     []buildView `json:"builds"`
}

type buildView struct {
	Build      string     `json:"build"`
	State      string     `json:"state"`
	Since      *time.Time `json:"since,omitempty"`
	Percentage float32    `json:"newWorkflowsPercent"`
	Workers    int        `json:"workers"`
	OpenPinned int64      `json:"openPinned"`
	MayStop    bool       `json:"mayStop"`
}

func printDeploymentJSON(out io.Writer, status deployment.Status) error {
	view := deploymentView{Deployment: status.Name, Manager: status.Manager, Builds: []buildView{}}
	for _, build := range status.Builds {
		view.Builds = append(view.Builds, buildView{
			Build: build.Build.String(), State: build.State, Since: sinceOf(build), Percentage: build.Percentage,
			Workers: build.Workers, OpenPinned: build.OpenPinned, MayStop: build.MayStop,
		})
	}
	return printJSON(out, view)
}
