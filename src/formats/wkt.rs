//! Well-known text, as it stands in columns of text tables.

use super::push_ring;
use crate::model::geometry::Ring;
use crate::model::{GeometryColumn, GeometryKind};

/// Writes a geometry into the row being written; Z is kept, M left out, `SRID=…;` skipped.
///
/// # Errors
/// The reason; the caller drops what was written.
pub fn push(text: &str, out: &mut GeometryColumn) -> Result<GeometryKind, String> {
    let text = text.trim();
    let text = text
        .split_once(';')
        .filter(|(head, _)| head.to_ascii_uppercase().starts_with("SRID="))
        .map_or(text, |(_, t)| t);
    let open = text.find('(').unwrap_or(text.len());
    let head = text[..open].trim().to_ascii_uppercase();
    let mut words = head.split_ascii_whitespace();
    let (name, flags) = (words.next().unwrap_or_default(), words.collect::<Vec<_>>());
    if flags.contains(&"EMPTY") {
        return Ok(GeometryKind::None);
    }
    let measured = flags.contains(&"M");
    let body = &text[open..];
    let (kind, depth) = match name.trim_end_matches('Z') {
        "POINT" => (GeometryKind::Point, 1),
        "MULTIPOINT" => (GeometryKind::Point, if body.starts_with("((") || body.starts_with("( (") { 2 } else { 1 }),
        "LINESTRING" => (GeometryKind::Line, 1),
        "MULTILINESTRING" => (GeometryKind::Line, 2),
        "POLYGON" => (GeometryKind::Polygon, 2),
        "MULTIPOLYGON" => (GeometryKind::Polygon, 3),
        other if other.chars().all(|c| c.is_ascii_alphabetic()) && !other.is_empty() => {
            return Err(format!("geometry type {other} is not read from text"));
        }
        _ => return Err("it holds no well-known text".into()),
    };
    let balance = |c: char| body.matches(c).count();
    if balance('(') != balance(')') || !body.ends_with(')') {
        return Err("its well-known text ends early".into());
    }
    let mut level = 0_u32;
    let mut from = 0;
    for (i, mark) in body.bytes().enumerate() {
        match mark {
            b'(' => {
                level += 1;
                from = i + 1;
            }
            b')' => {
                if level == depth {
                    run(&body[from..i], kind, measured, out)?;
                }
                level = level.saturating_sub(1);
                // A polygon's part ends with its own bracket, other parts with each run.
                if kind != GeometryKind::Polygon || level + 2 == depth || level == 0 {
                    out.end_part();
                }
            }
            _ => {}
        }
        if level > depth {
            return Err("its well-known text is nested too deep".into());
        }
    }
    Ok(kind)
}

fn run(text: &str, kind: GeometryKind, measured: bool, out: &mut GeometryColumn) -> Result<(), String> {
    let mut vertices = Vec::new();
    for position in text.split(',') {
        let mut numbers = position.split_ascii_whitespace().map(|n| n.parse::<f64>());
        let (Some(Ok(x)), Some(Ok(y))) = (numbers.next(), numbers.next()) else {
            return Err(format!("\"{}\" is no position", position.trim().chars().take(40).collect::<String>()));
        };
        let z = numbers.next().and_then(Result::ok).filter(|_| !measured);
        vertices.push(([x, y], z));
    }
    if kind == GeometryKind::Point {
        for vertex in vertices {
            push_ring(out, [vertex], false)?;
            out.end_part();
        }
        return Ok(());
    }
    push_ring(out, vertices, kind == GeometryKind::Polygon)
}

/// A feature's geometry as text, nine digits behind the point at most; empty for none, and where a coordinate is no
/// number.
pub fn text_of(column: &GeometryColumn, row: u32) -> String {
    let vertices = column.vertices(row);
    if vertices.is_empty() || vertices.iter().flatten().any(|v| !v.is_finite()) {
        return String::new();
    }
    let z = column.has_z() && column.heights(row).iter().all(|z| z.is_finite());
    let point = |xy: &[f64; 2], height: Option<&f64>| match height.filter(|_| z) {
        Some(height) => format!("{} {} {}", rounded(xy[0]), rounded(xy[1]), rounded(*height)),
        None => format!("{} {}", rounded(xy[0]), rounded(xy[1])),
    };
    let ring = |ring: Ring<'_>, closed: bool| {
        let mut points: Vec<String> = ring.xy.iter().enumerate().map(|(at, xy)| point(xy, ring.z.get(at))).collect();
        if closed {
            points.extend(points.first().cloned());
        }
        points.join(", ")
    };
    let parts = column.parts(row);
    let many = parts.len() > 1;
    let polygon = column.kind(row) == GeometryKind::Polygon;
    let bodies: Vec<String> = parts
        .map(|part| {
            let rings: Vec<String> = column.rings(part).map(|one| ring(one, polygon)).collect();
            let bracket = |text: &String| format!("({text})");
            if polygon {
                format!("({})", rings.iter().map(bracket).collect::<Vec<_>>().join(", "))
            } else {
                bracket(&rings.join(", "))
            }
        })
        .collect();
    let name = match (column.kind(row), many) {
        (GeometryKind::None, _) => return String::new(),
        (GeometryKind::Point, false) => "POINT",
        (GeometryKind::Point, true) => "MULTIPOINT",
        (GeometryKind::Line, false) => "LINESTRING",
        (GeometryKind::Line, true) => "MULTILINESTRING",
        (GeometryKind::Polygon, false) => "POLYGON",
        (GeometryKind::Polygon, true) => "MULTIPOLYGON",
    };
    let z = if z { " Z" } else { "" };
    if many { format!("{name}{z} ({})", bodies.join(", ")) } else { format!("{name}{z} {}", bodies.concat()) }
}

/// A number with at most nine digits behind the point.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_holes_stay_where_they_belong() {
        let mut column = GeometryColumn::default();
        let text = "MULTIPOLYGON (((0 0,9 0,9 9,0 9,0 0),(1 1,2 1,2 2,1 1)),((20 0,21 0,21 1,20 0)))";
        let kind = push(text, &mut column).unwrap();
        column.end_feature(kind);
        // 81 - 0.5 + 0.5.
        assert_eq!(column.area(0), 81.0);
        assert_eq!(column.parts(0).len(), 2);
        for text in ["MULTIPOINT Z ((1 2 3),(4 5 6))", "MULTIPOINT (1 2, 4 5)"] {
            let kind = push(text, &mut column).unwrap();
            column.end_feature(kind);
        }
        assert_eq!(column.vertices(1), [[1.0, 2.0], [4.0, 5.0]]);
        assert_eq!(column.heights(1), [3.0, 6.0]);
        assert_eq!(column.parts(2).len(), 2);
    }

    #[test]
    fn broken_text_is_refused_with_a_reason() {
        let mut column = GeometryColumn::default();
        for text in ["", "(", "POLYGON", "POLYGON ((0 0, 1", "POINT (x y)", "CIRCLE (1 2)", "POINT ((((1 2))))", "建筑"]
        {
            assert!(push(text, &mut column).is_err() || column.open_ring_len() == 0, "{text}");
            column.drop_feature();
        }
    }
}
