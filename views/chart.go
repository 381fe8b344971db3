package views

import (
	"fmt"
	"strings"
)

// Chart is a line over time, drawn by the server, with its numbers in a table behind it.
type Chart struct {
	Title, Unit string
	Points      []ChartPoint
}

// ChartPoint is one value of a chart.
type ChartPoint struct {
	Label string
	Value int
}

const chartWidth, chartHeight = 320, 56

// Sentence tells the chart in words, for those who do not see it.
func (c Chart) Sentence() string {
	first, last := c.Points[0], c.Points[len(c.Points)-1]
	return fmt.Sprintf("%s: %s %s on %s, %s on %s.", c.Title, Count(first.Value), c.Unit, first.Label, Count(last.Value), last.Label)
}

// Latest is the newest value.
func (c Chart) Latest() int { return c.Points[len(c.Points)-1].Value }

// Delta is how much the value moved over the whole chart: "+12 since 3 Sep 2026".
func (c Chart) Delta() string {
	d := c.Latest() - c.Points[0].Value
	sign := ""
	if d > 0 {
		sign = "+"
	}
	if d == 0 {
		return "unchanged since " + c.Points[0].Label
	}
	return sign + Count(d) + " since " + c.Points[0].Label
}

func (c Chart) bounds() (low, high int) {
	low, high = c.Points[0].Value, c.Points[0].Value
	for _, p := range c.Points {
		low, high = min(low, p.Value), max(high, p.Value)
	}
	return low, high
}

// line is the path of the values; the lowest value stands at the bottom.
func (c Chart) line() string {
	low, high := c.bounds()
	var b strings.Builder
	for i, p := range c.Points {
		x := float64(i) / float64(len(c.Points)-1) * chartWidth
		y := float64(chartHeight) / 2
		if high > low {
			y = 4 + float64(high-p.Value)/float64(high-low)*(chartHeight-8)
		}
		fmt.Fprintf(&b, "%c%.1f %.1f", "ML"[min(i, 1)], x, y)
	}
	return b.String()
}

func (c Chart) area() string {
	return c.line() + fmt.Sprintf("L%d %dL0 %dZ", chartWidth, chartHeight, chartHeight)
}

// rows are the newest values first, at most 31: the export has all of them.
func (c Chart) rows() []ChartPoint {
	var list []ChartPoint
	for i := len(c.Points) - 1; i >= 0 && len(list) < 31; i-- {
		list = append(list, c.Points[i])
	}
	return list
}
