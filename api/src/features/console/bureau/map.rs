//! The circle as a drawing: communities inside and outside, and the centres.

use std::fmt::Write as _;

use entity::LngLat;

use super::super::{shell::Shell, view::Part};
use crate::{
    error::Result,
    features::{
        centres::{
            all::{AllQuery, all},
            coords::Coord,
        },
        coverage::{figures_dto::CoverageMapQuery, service::figures, shape::Shape},
    },
    http::Limit,
    state::Ctx,
};

const WIDTH: f64 = 760.0;
const MARGIN: f64 = 16.0;

/// The plan's circle, or that of other minutes.
pub(super) const fn query(minutes: Option<u32>) -> CoverageMapQuery {
    CoverageMapQuery {
        minutes,
        inclusive: None,
        kind: None,
        filed: None,
        rural: None,
        township: None,
        coord: Coord::Wgs84,
    }
}

/// Degrees to points of the drawing: a plane is near enough for a district.
struct Frame {
    west: f64,
    north: f64,
    /// Points of the drawing a degree of longitude, and of latitude.
    scale: (f64, f64),
    height: f64,
}

impl Frame {
    fn around(points: impl Iterator<Item = LngLat>) -> Option<Self> {
        let edges = points.fold(None, |edges: Option<[f64; 4]>, p| {
            let [w, s, e, n] = edges.unwrap_or([p.lng, p.lat, p.lng, p.lat]);
            Some([w.min(p.lng), s.min(p.lat), e.max(p.lng), n.max(p.lat)])
        });
        let [west, south, east, north] = edges?;
        // A place alone is some hundred metres wide.
        let (wide, high) = ((east - west).max(0.004), (north - south).max(0.004));
        let shrink = f64::midpoint(south, north).to_radians().cos();
        let x = ((WIDTH - 2.0 * MARGIN) / wide).min((WIDTH - 2.0 * MARGIN) * shrink / high);
        let scale = (x, x / shrink);
        Some(Self { west, north, scale, height: (2.0 * MARGIN + high * scale.1).ceil() })
    }

    fn at(&self, p: LngLat) -> (f64, f64) {
        (MARGIN + (p.lng - self.west) * self.scale.0, MARGIN + (self.north - p.lat) * self.scale.1)
    }

    /// A ring as a path, without points that a pixel can't tell apart.
    fn path(&self, ring: &[LngLat], d: &mut String) {
        let mut last = None;
        for p in ring {
            let (x, y) = self.at(*p);
            let step = ((x * 2.0).round(), (y * 2.0).round());
            if last != Some(step) {
                let _ = write!(d, "{}{x:.1} {y:.1}", if last.is_none() { 'M' } else { 'L' });
                last = Some(step);
            }
        }
        d.push('Z');
    }
}

/// The drawing, with what it shows in words.
pub(super) async fn picture(ctx: &Ctx, shell: &Shell, query: CoverageMapQuery) -> Result<Part> {
    let shapes = figures::shapes(ctx, &query).await?;
    let centres = all(ctx, &AllQuery { limit: Limit(500), ..AllQuery::default() })?.items;
    let points =
        shapes.iter().flat_map(|(community, _, shape)| std::iter::once(community.location()).chain(shape.points()));
    let points: Vec<LngLat> = points.chain(centres.iter().map(|centre| centre.row.location())).collect();
    let Some(frame) = Frame::around(points.into_iter()) else {
        return Ok(Part::Text(shell.t("还没有社区（村）数据。", "There are no communities yet.").to_owned()));
    };
    let mut svg = format!(
        r#"<svg class="map" viewBox="0 0 {WIDTH} {}" role="img" aria-label="{}">"#,
        frame.height,
        shell.t("服务圈地图", "Map of the circle"),
    );
    for (community, coverage, shape) in &shapes {
        let class = if coverage.covered { "in" } else { "out" };
        let name = Escaped(&community.name);
        let title = format!("<title>{name} {:.0}%</title>", coverage.share * 100.0);
        match shape {
            Shape::Point(at) => {
                let (x, y) = frame.at(*at);
                let _ = write!(svg, r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="7">{title}</circle>"#);
            }
            Shape::Polygon(rings) => draw(&mut svg, &frame, class, &title, rings.iter()),
            Shape::MultiPolygon(parts) => draw(&mut svg, &frame, class, &title, parts.iter().flatten()),
        }
    }
    for centre in &centres {
        let (x, y) = frame.at(centre.row.location());
        let (x, y, name) = (x - 4.0, y - 4.0, Escaped(&centre.row.name));
        let _ = write!(
            svg,
            r#"<rect class="centre" x="{x:.1}" y="{y:.1}" width="8" height="8"><title>{name}</title></rect>"#
        );
    }
    svg.push_str("</svg>");
    let words = shell.t(
        "绿色：圈内社区（村）；红色虚线：圈外；蓝色方块：托育机构。数据见表格。",
        "Green: communities inside; red and dashed: outside; blue squares: centres. The figures are in the table.",
    );
    Ok(Part::Picture(svg, words.to_owned()))
}

fn draw<'a>(svg: &mut String, frame: &Frame, class: &str, title: &str, rings: impl Iterator<Item = &'a Vec<LngLat>>) {
    let mut d = String::new();
    rings.for_each(|ring| frame.path(ring, &mut d));
    let _ = write!(svg, r#"<path class="{class}" fill-rule="evenodd" d="{d}">{title}</path>"#);
}

/// A text within markup.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_becomes_markup_and_a_place_alone_has_a_frame() {
        assert_eq!(Escaped("<b>&\"").to_string(), "&lt;b&gt;&amp;&quot;");
        let at = LngLat { lng: 118.8, lat: 24.9 };
        let frame = Frame::around(std::iter::once(at)).unwrap();
        let (x, y) = frame.at(at);
        assert!((x, y) == (MARGIN, MARGIN) && frame.height.is_finite());
        assert!(Frame::around(std::iter::empty()).is_none());
    }
}
