//! GeoJSON (RFC 7946) in and out: geometries, and collections whose problems are told feature by feature.

use entity::{CommunityKind, LngLat};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Map, Value, json, value::RawValue};

use super::{
    dto::CommunityProperties,
    shape::{Flaw, MOST_POINTS, Ring, Shape},
};
use crate::{
    error::{Problem, Text},
    features::centres::coords::Coord,
    http::{Day, Line, Whole, json::field_problem, nullable},
};

/// Features of one import at most.
pub const MOST_FEATURES: usize = 5_000;
/// Problems that are named; all are counted.
const MOST_PROBLEMS: usize = 200;
/// Up to here every whole number is exact in JSON (2^53).
const MOST_WHOLE: f64 = 9_007_199_254_740_992.0;
/// Decimals of degrees that are kept: a millimetre.
const PLACES: f64 = 1e8;

/// One feature, checked.
#[derive(Clone, Debug)]
pub struct Feature {
    /// Its place in the collection.
    pub at: usize,
    /// What it says of the community.
    pub properties: CommunityProperties,
    /// Where the community is, WGS-84.
    pub shape: Shape,
}

#[derive(Deserialize)]
struct Collection<'a> {
    r#type: String,
    coord: Option<Value>,
    #[serde(default, deserialize_with = "nullable")]
    crs: Option<Option<IgnoredAny>>,
    #[serde(borrow)]
    features: Vec<&'a RawValue>,
}

/// Problems of an import, all in one refusal: the first few hundred named, all counted.
pub fn refusal(problems: Vec<Problem>) -> Result<(), Problem> {
    let n = problems.len();
    let all = problems.into_iter().take(MOST_PROBLEMS).reduce(|mut all, other| {
        all.errors.extend(other.errors);
        all
    });
    all.map_or(Ok(()), |problem| Err(problem.fact("problems", n)))
}

/// Reads a collection whose points are of a system; whole or not at all.
pub fn read(body: &[u8], coord: Coord, townships: &[String]) -> Result<Vec<Feature>, Problem> {
    let malformed = |error: serde_json::Error| {
        let en = format!("The body is not a GeoJSON FeatureCollection (line {}).", error.line());
        let zh = format!("请求内容不是有效的 GeoJSON FeatureCollection（第 {} 行）。", error.line());
        Problem::field("body", "malformed", Text::new(zh, en))
    };
    // Programs on Windows put a mark of their own before a text in UTF-8.
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let collection: Collection = serde_json::from_slice(body).map_err(malformed)?;
    if collection.r#type != "FeatureCollection" {
        let text = Text::new("type 须为 FeatureCollection。", "`type` must be FeatureCollection.");
        return Err(Problem::field("type", "unknown_value", text));
    }
    check_system(&collection, coord)?;
    let n = collection.features.len();
    if n == 0 || n > MOST_FEATURES {
        let text = Text::new(
            format!("一次须导入 1 到 {MOST_FEATURES} 个要素，请按乡镇拆分文件。"),
            format!("An import takes 1 to {MOST_FEATURES} features; split the file by township."),
        );
        return Err(Problem::field("features", "out_of_range", text));
    }
    let (mut features, mut problems) = (Vec::with_capacity(n), Vec::new());
    let mut codes = std::collections::HashMap::new();
    for (at, raw) in collection.features.into_iter().enumerate() {
        let found = feature(at, raw.get(), coord, townships);
        match found {
            Ok(feature) => {
                if let Some(first) = codes.insert(feature.properties.code.to_string(), at) {
                    let text = Text::new(
                        format!("features[{at}]：编码与 features[{first}] 重复。"),
                        format!("features[{at}] has the code of features[{first}]."),
                    );
                    problems.push(Problem::field(format!("features[{at}].properties.code"), "repeated", text));
                }
                features.push(feature);
            }
            Err(found) => problems.extend(found),
        }
    }
    refusal(problems)?;
    Ok(features)
}

/// Refuses a collection that names another system than it is read in.
fn check_system(collection: &Collection, coord: Coord) -> Result<(), Problem> {
    if collection.crs.is_some() {
        return Err(crs_named("crs".to_owned()));
    }
    let Some(named) = &collection.coord else { return Ok(()) };
    if named.as_str() == Some(coord.as_str()) {
        return Ok(());
    }
    // What isn't a word of ours may be of any length.
    let known = [Coord::Gcj02, Coord::Wgs84, Coord::Bd09].map(Coord::as_str);
    let named = known.into_iter().find(|known| named.as_str() == Some(*known)).unwrap_or("?");
    let asked = coord.as_str();
    let text = Text::new(
        format!("文件的 coord 为 {named}，而查询参数 coord 为 {asked}（未填即 gcj02），请改为一致。"),
        format!("The collection's `coord` is {named}, the query's is {asked} (gcj02 if not said); make them the same."),
    );
    Err(Problem::field("coord", "contradiction", text))
}

/// The refusal of a `crs`, wherever it stands: GeoJSON of 2008 let every object name its own system, and
/// one that is passed over moves a community by half a kilometre.
fn crs_named(field: String) -> Problem {
    let text = Text::new(
        format!("{field}：RFC 7946 已取消 crs，请删除该成员，并用查询参数 coord 说明坐标系（gcj02、wgs84 或 bd09）。"),
        format!(
            "{field}: RFC 7946 took `crs` away; remove it, and name the system by the query's `coord` (gcj02, wgs84 or bd09)."
        ),
    );
    Problem::field(field, "not_supported", text)
}

fn feature(at: usize, raw: &str, coord: Coord, townships: &[String]) -> Result<Feature, Vec<Problem>> {
    let path = format!("features[{at}]");
    let wrong = |field: String, zh: &str, en: &str| {
        vec![Problem::field(field.clone(), "wrong_type", Text::new(format!("{field}：{zh}"), format!("{field}: {en}")))]
    };
    let Ok(Value::Object(mut feature)) = serde_json::from_str::<Value>(raw) else {
        return Err(wrong(path, "须为 GeoJSON Feature。", "must be a GeoJSON Feature."));
    };
    if feature.get("type").and_then(Value::as_str) != Some("Feature") {
        return Err(wrong(format!("{path}.type"), "须为 Feature。", "must be Feature."));
    }
    let mut problems = Vec::new();
    if feature.contains_key("crs") {
        problems.push(crs_named(format!("{path}.crs")));
    }
    if feature.get("geometry").is_some_and(|geometry| geometry.get("crs").is_some()) {
        problems.push(crs_named(format!("{path}.geometry.crs")));
    }
    let shape = match geometry(feature.get("geometry"), coord) {
        Ok(shape) => Some(shape),
        Err((code, text)) => {
            let field = format!("{path}.geometry");
            let told = Text::new(format!("{field}：{}", text.zh), format!("{field}: {}", text.en));
            problems.push(Problem::field(field, code, told));
            None
        }
    };
    let properties = match feature.remove("properties") {
        Some(Value::Object(map)) => properties(&format!("{path}.properties"), map, townships, &mut problems),
        _ => {
            problems.extend(wrong(format!("{path}.properties"), "须为对象。", "must be an object."));
            None
        }
    };
    match (shape, properties) {
        (Some(shape), Some(properties)) if problems.is_empty() => Ok(Feature { at, properties, shape }),
        _ => Err(problems),
    }
}

fn properties(
    path: &str,
    mut map: Map<String, Value>,
    townships: &[String],
    problems: &mut Vec<Problem>,
) -> Option<CommunityProperties> {
    let code = needed::<Line<40>>(&mut map, path, "code", problems);
    let name = needed::<Line<60>>(&mut map, path, "name", problems);
    let township = needed::<Line<20>>(&mut map, path, "township", problems);
    // The words that the bureau's own tables use are taken too.
    for kind in CommunityKind::ALL {
        if map.get("kind").and_then(Value::as_str) == Some(kind.zh()) {
            map.insert("kind".to_owned(), json!(kind));
        }
    }
    let kind = needed::<CommunityKind>(&mut map, path, "kind", problems);
    let rural = given::<bool>(&mut map, path, "rural", problems);
    // Programs of maps write 5000 people as 5000.0.
    for name in ["residents", "under3"] {
        if let Some(number) = map.get(name).filter(|value| value.is_f64()).and_then(Value::as_f64)
            && number.fract() == 0.0
            && number.abs() < MOST_WHOLE
        {
            map.insert(name.to_owned(), json!(number as i64));
        }
    }
    let residents = given::<Whole<0, 10_000_000>>(&mut map, path, "residents", problems);
    let under3 = given::<Whole<0, 1_000_000>>(&mut map, path, "under3", problems);
    let source = needed::<Line<100>>(&mut map, path, "source", problems);
    let as_of = needed::<Day>(&mut map, path, "as_of", problems);
    if let Some(name) = township.as_deref()
        && !townships.iter().any(|known| known == name)
    {
        problems.push(unknown_township(&format!("{path}.township"), townships));
    }
    if residents.is_some_and(|all| under3.is_some_and(|under3| under3.0 > all.0)) {
        problems.push(more_children_than_people(&format!("{path}.under3")));
    }
    let kind = kind?;
    let rural = Some(rural.unwrap_or(kind == CommunityKind::Village));
    Some(CommunityProperties {
        code: code?,
        name: name?,
        township: township?,
        kind,
        rural,
        residents,
        under3,
        source: source?,
        as_of: as_of?,
    })
}

/// The refusal of a township that isn't the district's.
pub fn unknown_township(field: &str, townships: &[String]) -> Problem {
    let text = Text::new(
        format!("{field}：没有这个乡镇，可选：{}。", townships.join("、")),
        format!("{field}: not a township of the district."),
    );
    Problem::field(field, "unknown_value", text)
}

/// The refusal of more under-threes than residents.
pub fn more_children_than_people(field: &str) -> Problem {
    let text = Text::new(
        format!("{field}：3岁以下人数不能多于常住人口。"),
        format!("{field}: more under-threes than residents."),
    );
    Problem::field(field, "out_of_range", text)
}

fn given<T: DeserializeOwned>(
    map: &mut Map<String, Value>,
    path: &str,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let value = map.remove(name).filter(|value| !value.is_null())?;
    serde_json::from_value(value)
        .map_err(|error| problems.push(field_problem(&format!("{path}.{name}"), &error.to_string())))
        .ok()
}

fn needed<T: DeserializeOwned>(
    map: &mut Map<String, Value>,
    path: &str,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    if map.get(name).is_none_or(Value::is_null) {
        let field = format!("{path}.{name}");
        let text = Text::new(format!("缺少必填项 {field}。"), format!("{field} is required."));
        problems.push(Problem::field(field, "missing", text));
        return None;
    }
    given(map, path, name, problems)
}

type Told = (&'static str, Text);

/// Reads a geometry whose points are of a system.
pub fn geometry(value: Option<&Value>, coord: Coord) -> Result<Shape, Told> {
    let not_one = || {
        let zh = "须为 Point、Polygon 或 MultiPolygon，坐标为 [经度, 纬度]。";
        ("wrong_type", Text::new(zh, "must be a Point, Polygon or MultiPolygon of [longitude, latitude]."))
    };
    let shape = value.and_then(shape).ok_or_else(not_one)?;
    // The way back from GCJ-02 is found by iteration: only for what is bounded and on the map.
    shape.check_points().map_err(told)?;
    // Stored to the millimetre.
    let kept = |p: LngLat| LngLat { lng: (p.lng * PLACES).round() / PLACES, lat: (p.lat * PLACES).round() / PLACES };
    let shape = shape.map(|p| kept(coord.to_wgs84(p)));
    shape.check().map_err(told)?;
    Ok(shape)
}

fn shape(value: &Value) -> Option<Shape> {
    let coordinates = value.get("coordinates")?;
    match value.get("type")?.as_str()? {
        "Point" => position(coordinates).map(Shape::Point),
        "Polygon" => rings(coordinates).map(Shape::Polygon),
        "MultiPolygon" => list(coordinates, rings).map(Shape::MultiPolygon),
        _ => None,
    }
}

fn told(flaw: Flaw) -> Told {
    let text = |zh: &str, en: &str| Text::new(zh.to_owned(), en.to_owned());
    match flaw {
        Flaw::OutOfBounds => (
            "out_of_range",
            text(
                "坐标不在中国范围内，须为 [经度, 纬度] 的度数。",
                "a point lies outside China; give [longitude, latitude] in degrees.",
            ),
        ),
        Flaw::TooManyPoints => (
            "too_long",
            Text::new(
                format!("坐标点超过 {MOST_POINTS} 个，请简化边界。"),
                format!("more than {MOST_POINTS} points; simplify the boundary."),
            ),
        ),
        Flaw::TooLarge => {
            ("out_of_range", text("范围过大，社区边界不应超过约50公里。", "more than 50 km from edge to edge."))
        }
        Flaw::Empty => ("empty", text("多边形没有边界。", "a polygon without rings.")),
        Flaw::TooFewPoints => {
            ("invalid", text("边界至少需要三个不同的点。", "a ring of fewer than three different points."))
        }
        Flaw::NotClosed => (
            "invalid",
            text("边界没有闭合，末点须与首点相同。", "a ring isn't closed: its last point must be its first."),
        ),
        Flaw::Crossing => ("invalid", text("边界自相交，请修正后重新导出。", "edges cross each other.")),
        Flaw::HoleOutside => ("invalid", text("内环（孔洞）不在外环之内。", "a hole lies outside its polygon.")),
        Flaw::HolesOverlap => {
            ("invalid", text("内环（孔洞）相互重叠或重复。", "two holes of a polygon overlap, or are the same."))
        }
        Flaw::NoArea => ("invalid", text("多边形面积过小（不足100平方米）。", "a polygon of less than 100 m².")),
    }
}

fn list<T>(value: &Value, item: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(item).collect()
}

fn position(value: &Value) -> Option<LngLat> {
    // A third number is a height, which a map has no use for.
    match value.as_array()?.as_slice() {
        [lng, lat] | [lng, lat, _] => Some(LngLat { lng: lng.as_f64()?, lat: lat.as_f64()? }),
        _ => None,
    }
}

fn rings(value: &Value) -> Option<Vec<Ring>> {
    list(value, |ring| list(ring, position))
}

/// A geometry in a system, to the millimetre.
#[must_use]
pub fn written(shape: &Shape, coord: Coord) -> Value {
    let position = |p: &LngLat| {
        let p = coord.from_wgs84(*p);
        json!([(p.lng * PLACES).round() / PLACES, (p.lat * PLACES).round() / PLACES])
    };
    let rings = |rings: &Vec<Ring>| -> Value {
        rings.iter().map(|ring| ring.iter().map(position).collect::<Value>()).collect()
    };
    match shape {
        Shape::Point(point) => json!({ "type": "Point", "coordinates": position(point) }),
        Shape::Polygon(polygon) => json!({ "type": "Polygon", "coordinates": rings(polygon) }),
        Shape::MultiPolygon(polygons) => {
            json!({ "type": "MultiPolygon", "coordinates": polygons.iter().map(rings).collect::<Value>() })
        }
    }
}

/// The shape of a stored geometry. It was checked before it was stored.
pub fn stored(text: &str) -> Result<Shape, Problem> {
    let value: Value = serde_json::from_str(text).map_err(Problem::internal)?;
    shape(&value).ok_or_else(|| Problem::internal("a stored geometry can't be read"))
}

#[cfg(test)]
mod tests;
