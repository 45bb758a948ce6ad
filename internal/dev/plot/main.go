// Command plot draws bar charts below one another: it reads their titles, labels and values as JSON from standard input, and writes an SVG
// image to standard output. It is a separate module, so that production's go.mod requires no drawing library. Run by `make bench-docs`.
// It imports no package of Farebook.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/go-analyze/charts"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

// panel is one chart: a value of each series for each label. internal/dev/measured writes it.
type panel struct {
	Title   string
	Stacked bool
	Labels  []string
	Series  []struct {
		Name   string
		Values []float64
	}
}

const (
	width  = 960
	height = 320 // of a panel
)

func run(in io.Reader, out io.Writer) error {
	var panels []panel
	if err := json.NewDecoder(in).Decode(&panels); err != nil {
		return fmt.Errorf("read the panels: %w", err)
	}
	image := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: width, Height: height * len(panels)})
	image.FilledRect(0, 0, width, height*len(panels), charts.ColorWhite, charts.ColorWhite, 0)
	rows := image.LayoutByGrid(1, len(panels))
	for i, p := range panels {
		rows.CellAt(p.Title, 0, i)
	}
	cells, err := rows.Build()
	if err != nil {
		return err
	}
	for _, p := range panels {
		if err := cells[p.Title].BarChart(p.options()); err != nil {
			return fmt.Errorf("draw %q: %w", p.Title, err)
		}
	}
	svg, err := image.Bytes()
	if err != nil {
		return err
	}
	_, err = out.Write(svg)
	return err
}

func (p panel) options() charts.BarChartOption {
	values, names := make([][]float64, len(p.Series)), make([]string, len(p.Series))
	for i, s := range p.Series {
		values[i], names[i] = s.Values, s.Name
	}
	options := charts.NewBarChartOptionWithData(values)
	options.Title.Text = p.Title
	options.CategoryAxis.Labels = p.Labels
	options.Legend = charts.LegendOption{SeriesNames: names, Offset: charts.OffsetStr{Left: charts.PositionLeft, Top: "24"}}
	options.StackSeries = &p.Stacked
	options.Horizontal = p.Stacked // its labels are long
	for i := range options.SeriesList {
		options.SeriesList[i].Label.Show = charts.Ptr(!p.Stacked) // a label of a part would be beside the next one
		options.SeriesList[i].Label.ValueFormatter = func(value float64) string {
			if value == 0 {
				return ""
			}
			return fmt.Sprintf("%.0f", value)
		}
	}
	return options
}
