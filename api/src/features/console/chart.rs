//! Charts, drawn on the server. Every chart has its table beside it: a picture alone tells nothing to who can't
//! see it.

use plotters::prelude::*;

use crate::error::{Problem, Result};

/// A point of a line: what stands below it, the figure, and its interval. A figure that is missing leaves a gap.
pub(super) struct Point {
    pub(super) label: String,
    pub(super) value: Option<f64>,
    pub(super) interval: Option<(f64, f64)>,
}

const SIZE: (u32, u32) = (760, 280);
const LINE: RGBColor = RGBColor(0x0b, 0x5c, 0xad);
const GOAL: RGBColor = RGBColor(0xb4, 0x23, 0x18);
const GRID: RGBColor = RGBColor(0xe2, 0xe6, 0xea);
const INK: RGBColor = RGBColor(0x33, 0x3d, 0x47);

/// What a chart's axis shows.
#[derive(Clone, Copy)]
struct Axis {
    from: f64,
    to: f64,
    label: fn(f64) -> String,
}

/// Rates (fractions of one) over months, with the target as a line.
pub(super) fn rates(points: &[Point], target: f64) -> Result<String> {
    picture(points, target, Axis::of_rates(points, target), Shape::Line)
}

/// Rates of things beside each other, with the target as a line.
pub(super) fn bars(points: &[Point], target: f64) -> Result<String> {
    picture(points, target, Axis::of_rates(points, target), Shape::Bars)
}

/// Figures of any size over months, from nought on, with the target as a line; shares as percentages.
pub(super) fn figures(points: &[Point], target: f64, shares: bool) -> Result<String> {
    let known = points.iter().filter_map(|p| p.value).chain([target]);
    let most = known.filter(|v| v.is_finite()).fold(0.01, f64::max);
    let label = |v: f64| format!("{v:.1}");
    let share = |v: f64| format!("{:.0}%", v * 100.0);
    let axis = Axis { from: 0.0, to: most * 1.1, label: if shares { share } else { label } };
    picture(points, target, axis, Shape::Line)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Line,
    Bars,
}

impl Axis {
    /// Tens of percent, from a little below the lowest figure.
    fn of_rates(points: &[Point], target: f64) -> Self {
        let known = points.iter().flat_map(|p| p.value.into_iter().chain(p.interval.map(|(low, _)| low)));
        let low = known.chain([target]).filter(|v| v.is_finite()).fold(1.0, f64::min);
        let from = ((low * 10.0 - 0.5).floor() / 10.0).clamp(0.0, 0.9);
        Self { from, to: 1.0, label: |v| format!("{:.0}%", v * 100.0) }
    }
}

fn picture(points: &[Point], target: f64, axis: Axis, shape: Shape) -> Result<String> {
    let mut svg = String::new();
    draw(&mut svg, points, target, axis, shape).map_err(Problem::internal)?;
    Ok(readable(&svg))
}

/// The picture scales with the page; it is named by the figure around it.
fn readable(svg: &str) -> String {
    let plain = svg.find("<svg").map_or("", |at| &svg[at..]);
    plain.replacen("<svg ", "<svg class=\"chart\" aria-hidden=\"true\" focusable=\"false\" ", 1)
}

fn draw(
    svg: &mut String,
    points: &[Point],
    target: f64,
    Axis { from, to, label }: Axis,
    shape: Shape,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let last = points.len().saturating_sub(1).max(1) as f64;
    let mut chart = ChartBuilder::on(&root)
        .margin(8)
        .x_label_area_size(28)
        .y_label_area_size(46)
        .build_cartesian_2d(-0.5..last + 0.5, from..to)?;
    let step = points.len().div_ceil(8).max(1);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .x_labels(2)
        .x_label_formatter(&|_| String::new())
        .y_labels(6)
        .y_label_formatter(&|v| label(*v))
        .label_style(("sans-serif", 13, &INK))
        .draw()?;
    // Months by hand: the axis would put them between the points.
    for (i, point) in points.iter().enumerate().filter(|(i, _)| i % step == 0) {
        let (x, y) = chart.backend_coord(&(i as f64, from));
        root.draw(&Text::new(point.label.clone(), (x - 20, y + 8), ("sans-serif", 12).into_font().color(&INK)))?;
    }
    if shape == Shape::Bars {
        let known = points.iter().enumerate().filter_map(|(i, p)| p.value.filter(|v| v.is_finite()).map(|v| (i, v)));
        chart.draw_series(known.map(|(i, v)| {
            let x = i as f64;
            Rectangle::new([(x - 0.3, from), (x + 0.3, v.max(from))], LINE.mix(0.55).filled())
        }))?;
    }
    chart.draw_series(LineSeries::new([(-0.5, target), (last + 0.5, target)], GOAL.stroke_width(2)))?;
    for (i, point) in points.iter().enumerate() {
        if let Some((low, high)) = point.interval.filter(|(low, high)| low.is_finite() && high.is_finite()) {
            let x = i as f64;
            chart.draw_series(LineSeries::new(
                [(x, low.max(from)), (x, high.min(to))],
                LINE.mix(0.35).stroke_width(6),
            ))?;
        }
    }
    // A gap where a month has no figure.
    let joined = if shape == Shape::Line { points } else { &[] };
    for run in joined.iter().enumerate().collect::<Vec<_>>().split(|(_, p)| p.value.is_none_or(|v| !v.is_finite())) {
        let line = run.iter().filter_map(|(i, p)| p.value.map(|v| (*i as f64, v.max(from))));
        chart.draw_series(LineSeries::new(line.clone(), LINE.stroke_width(2)))?;
        chart.draw_series(line.map(|at| Circle::new(at, 4, LINE.filled())))?;
    }
    root.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(value: Option<f64>) -> Point {
        Point { label: "2026-03".to_owned(), value, interval: value.map(|v| (v - 0.05, v + 0.05)) }
    }

    #[test]
    fn a_chart_is_drawn_of_anything() {
        for values in [vec![], vec![None], vec![Some(0.9)], vec![Some(0.0), None, Some(1.0)], vec![Some(f64::NAN); 24]]
        {
            let points: Vec<Point> = values.into_iter().map(point).collect();
            let drawn =
                [rates(&points, 0.9), bars(&points, 0.9), figures(&points, 5.5, false), figures(&points, 0.0, true)];
            for svg in drawn {
                let svg = svg.unwrap();
                assert!(svg.starts_with("<svg class") && svg.contains("</svg>"));
                assert!(!svg.contains("style="), "the policy stops inline styles");
            }
        }
    }
}
