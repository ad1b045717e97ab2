//! The `query` command: features of a layer by place, by condition, and by their relations to other layers.

mod related;

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use self::related::Related;
use super::args::{Format, QueryArgs};
use super::escape::one_line;
use super::exit::{Exit, Failure};
use super::output::{print, print_data, print_json, print_json_text, say, with_progress};
use super::parse::Near;
use super::source;
use super::words::{json_of, shown_json};
use crate::city::{City, CityLayer};
use crate::formats::csv::record;
use crate::formats::flatgeobuf::Wanted;
use crate::index::LayerIndex;
use crate::model::{Field, GeometryKind, Meaning};
use crate::place::{Bounds, Crs, MapPoint, Transform};
use crate::query::{Filter, Found, Question, Where, ask, identity, question};
use crate::themes::housing::personal::{Masks, probed};

/// Points and lines are hit within so many metres of `--at`.
const TOLERANCE: f64 = 1.0;

/// Runs the command.
///
/// # Errors
/// [`Failure`]: a condition, relation or CRS that cannot be used (2), no such project or layer (3).
pub fn run(args: &QueryArgs) -> Result<Exit, Failure> {
    let filter = args.condition.as_deref().map(Filter::parse).transpose();
    let filter = filter.map_err(|error| Failure::arguments(format!("--where: {error}")))?;
    let asked = args.crs.as_deref().map(Crs::parse).transpose();
    let asked = asked.map_err(|error| Failure::arguments(format!("--crs: {error}")))?;
    let near = near_point(args)?;
    let project = source::project(&args.project)?;
    let question = related::question(args, &project)?;
    let city = source::city_of(&project)?;
    let layer =
        source::layer(&city, question.as_ref().map_or(args.layer.as_deref().unwrap_or_default(), |q| &q.layer))?;
    let masks = Masks::unless(args.unmask, &layer.known().table);
    // A plain query is a question without relations.
    let plain = question::Question {
        layer: layer.layer.id.clone(),
        condition: args.condition.clone().unwrap_or_default(),
        ..question::Question::default()
    };
    let probed = if args.unmask { Vec::new() } else { probed(&city, question.as_ref().unwrap_or(&plain)) };
    if !probed.is_empty() {
        // Asked value by value, the condition would tell what the mask hides.
        let message = format!(
            "--where: {} holds personal data, which is masked; --unmask asks it all the same",
            probed.join(", ")
        );
        return Err(Failure::arguments(message));
    }
    let places = Places::new(&city, asked)?;
    let place = places.read(args, near, &city)?;
    let to_project = places.to_project.as_ref();
    if args.unmask {
        source::record_unmasking(&args.project, layer, &[]);
    }
    let (found, related) = match question {
        None => {
            let question = Question { place, filter: filter.as_ref(), to_project };
            (ask(layer, &question).map_err(|error| Failure::arguments(format!("--where: {error}")))?, None)
        }
        Some(question) => {
            if matches!(place, Where::Near { .. }) {
                return Err(Failure::arguments(
                    "--near X,Y cannot be asked together with relations or --out: use --bbox",
                ));
            }
            let answer = with_progress(|progress| question::answer(&city, &question, place, to_project, progress));
            let answer = answer.map_err(related::failed)?;
            let found = answer.matches.iter().map(|found| Found { feature: found.row, distance: None }).collect();
            let related = Related::of(&city, question, answer).map_err(|error| Failure::input(error.to_string()))?;
            (found, Some(related))
        }
    };
    if !masks.fields().is_empty() && !found.is_empty() {
        say(format_args!("personal data is masked ({}); --unmask shows it", masks.fields().join(", ")));
    }
    if let (Some(out), Some(related)) = (&args.out, &related) {
        related.write(args, &city, &masks, out)?;
        return Ok(Exit::Done);
    }
    // Of a streamed layer, what was found is read now: everything below takes it as a layer of its own.
    let (piece, found) = match &layer.stream {
        Some(_) => held(layer, found)?,
        None => (None, found),
    };
    let said = Said {
        layer: piece.as_ref().unwrap_or(layer),
        found: &found,
        places: &places,
        masks: &masks,
        related: related.as_ref(),
    };
    match args.format.or(args.json.then_some(Format::Json)) {
        Some(Format::Json) => print_json(&answer(&said))?,
        Some(Format::Csv) => print_data(|out| csv(out, &said))?,
        Some(Format::Geojson) => geojson(&said, &city)?,
        None => print(|out| table(out, &said))?,
    }
    Ok(Exit::Done)
}

/// The point of `--near`, which asks for the nearest; relations have the same name.
fn near_point(args: &QueryArgs) -> Result<Option<[f64; 2]>, Failure> {
    let mut points = args.near.iter().filter_map(|near| match near {
        Near::Point(xy) => Some(*xy),
        Near::Things(_) => None,
    });
    let near = points.next();
    if points.next().is_some() || near.is_some() && (args.at.is_some() || args.bbox.is_some()) {
        return Err(Failure::arguments("one of --at, --bbox and --near X,Y can be asked, once"));
    }
    if args.count.is_some() && near.is_none() {
        return Err(Failure::arguments("--count belongs to --near X,Y"));
    }
    Ok(near)
}

/// What is printed.
struct Said<'a> {
    layer: &'a CityLayer,
    found: &'a [Found],
    places: &'a Places,
    masks: &'a Masks,
    /// What relations add to it.
    related: Option<&'a Related>,
}

/// The rows that were found of a streamed layer, as a layer, and the answer in its rows.
fn held(layer: &CityLayer, found: Vec<Found>) -> Result<(Option<CityLayer>, Vec<Found>), Failure> {
    let Some(stream) = &layer.stream else { return Ok((None, found)) };
    let mut rows: Vec<u32> = found.iter().map(|found| found.feature).collect();
    rows.sort_unstable();
    let piece = stream.tiles.rows(&rows, Wanted::All).map_err(|error| Failure::input(error.to_string()))?;
    let place = |row: u32| rows.binary_search(&row).unwrap_or_default() as u32;
    let found = found.into_iter().map(|f| Found { feature: place(f.feature), ..f }).collect();
    Ok((Some(CityLayer { layer: layer.of_piece(piece), index: LayerIndex::default(), stream: None }), found))
}

/// The CRS of coordinates in arguments and answers, and the ways to and from the project CRS.
struct Places {
    crs: Crs,
    /// `None` where they are the same.
    to_project: Option<Transform>,
    from_project: Option<Transform>,
}

impl Places {
    fn new(city: &City, asked: Option<Crs>) -> Result<Self, Failure> {
        let Some(crs) = asked.filter(|crs| *crs != city.crs) else {
            return Ok(Self { crs: city.crs.clone(), to_project: None, from_project: None });
        };
        let way = |from: &Crs, to: &Crs| {
            Transform::new(from, to).map_err(|error| Failure::arguments(format!("--crs: {error}")))
        };
        let (to_project, from_project) = (way(&crs, &city.crs)?, way(&city.crs, &crs)?);
        Ok(Self { crs, to_project: Some(to_project), from_project: Some(from_project) })
    }

    fn read(&self, args: &QueryArgs, near: Option<[f64; 2]>, city: &City) -> Result<Where, Failure> {
        if let Some([x1, y1, x2, y2]) = args.bbox {
            return Ok(Where::In(self.bounds([x1, y1], [x2, y2])?));
        }
        let point = |xy| self.point(xy, city);
        Ok(match (args.at, near) {
            (Some(xy), _) => Where::At { point: point(xy)?, tolerance: TOLERANCE },
            (_, Some(xy)) => {
                let count = usize::try_from(args.count.unwrap_or(1)).unwrap_or(usize::MAX);
                Where::Near { point: point(xy)?, count }
            }
            _ => Where::Anywhere,
        })
    }

    fn point(&self, [x, y]: [f64; 2], city: &City) -> Result<MapPoint, Failure> {
        let lost = || Failure::arguments(format!("{x},{y} is no place in {}", self.crs));
        let placed = match &self.to_project {
            Some(transform) => transform.point([x, y]).ok_or_else(lost)?,
            None => {
                self.doubt([x, y], city);
                [x, y]
            }
        };
        Ok(placed.into())
    }

    /// Numbers that look like degrees far from everything: most likely `--crs` was forgotten.
    fn doubt(&self, [x, y]: [f64; 2], city: &City) {
        const FAR: f64 = 100_000.0;
        if x.abs() <= 180.0 && y.abs() <= 90.0 && !city.extent.grown(FAR).holds([x, y]) {
            say(format_args!(
                "warning: {x},{y} was read as metres in {} and lies far from all layers; for longitude and latitude add --crs EPSG:4326",
                self.crs
            ));
        }
    }

    /// The box in the project CRS around a box.
    fn bounds(&self, min: [f64; 2], max: [f64; 2]) -> Result<Bounds, Failure> {
        let Some(transform) = &self.to_project else { return Ok(Bounds { min, max }) };
        let bounds = transform.bounds(&Bounds { min, max });
        if bounds.is_empty() {
            return Err(Failure::arguments(format!("--bbox: the box lies nowhere in {}", self.crs)));
        }
        Ok(bounds)
    }

    fn show(&self, point: [f64; 2]) -> Option<[f64; 2]> {
        match &self.from_project {
            Some(transform) => transform.point(point),
            None => Some(point),
        }
    }

    fn code(&self) -> &str {
        self.crs.code().unwrap_or(self.crs.definition())
    }
}

fn attributes(layer: &CityLayer, feature: u32, masks: &Masks) -> Map<String, Json> {
    let fields = layer.layer.table.fields.iter();
    let shown = |field: &Field| shown_json(masks, &field.name, &field.values.get(feature));
    fields.map(|field| (field.name.clone(), shown(field))).collect()
}

/// The id as JSON: the value of the id field, else the row number.
fn id_json(layer: &CityLayer, feature: u32) -> Json {
    let layer = &layer.layer;
    let named = layer.mapping.get(Meaning::Id).map(|mapped| json_of(&layer.table.value(feature, &mapped.field)));
    named.filter(|id| !id.is_null()).unwrap_or_else(|| Json::from(layer.whole_row(feature)))
}

fn height(layer: &CityLayer, feature: u32) -> (Json, Json) {
    let row = feature as usize;
    let known = layer.layer.heights.as_ref().and_then(|heights| {
        // A float's own digits: 12.3, not 12.300000190734863.
        let top: f64 = heights.top.get(row)?.to_string().parse().ok()?;
        Some((Json::from(top), Json::from(heights.source.get(row)?.word())))
    });
    known.unwrap_or_default()
}

fn answer(&Said { layer, found, places, masks, related }: &Said<'_>) -> Json {
    let features: Vec<Json> = found
        .iter()
        .enumerate()
        .map(|(at, found)| {
            let centroid = layer.layer.table.geometry.centroid(found.feature).and_then(|c| places.show(c));
            let (height_m, provenance) = height(layer, found.feature);
            let mut feature = json!({
                "id": id_json(layer, found.feature),
                "attributes": attributes(layer, found.feature, masks),
                "centroid": centroid,
                "height_m": height_m,
                "height_provenance": provenance,
            });
            if let Some(distance) = found.distance {
                feature["distance_m"] = distance.into();
            }
            if let Some(related) = related {
                feature["related"] = related.json(at);
            }
            feature
        })
        .collect();
    let mut answer = json!({ "layer": layer.layer.id, "crs": places.code(), "count": found.len() });
    if let (Some(answer), Some(Json::Object(mut head))) = (answer.as_object_mut(), related.map(Related::head)) {
        answer.append(&mut head);
    }
    answer["features"] = features.into();
    answer
}

fn csv(out: &mut dyn Write, &Said { layer, found, places, masks, related }: &Said<'_>) -> io::Result<()> {
    let near = found.iter().any(|found| found.distance.is_some());
    let fields = &layer.layer.table.fields;
    // Two columns of one name cannot be told apart: ours gives way to the layer's own.
    let ours = |name: &str| match layer.layer.table.field(name) {
        Some(_) => format!("cimbase_{name}"),
        None => name.to_owned(),
    };
    let has_id = layer.layer.mapping.get(Meaning::Id).is_some_and(|mapped| mapped.field == "id");
    let mut header: Vec<String> = (!has_id).then(|| ours("id")).into_iter().collect();
    header.extend(fields.iter().map(|field| field.name.clone()));
    header.extend(["x", "y", "height_m", "height_provenance"].map(ours));
    header.extend(near.then(|| ours("distance_m")));
    header.extend(related.iter().flat_map(|related| related.columns.iter().cloned()));
    record(out, &header)?;
    for (at, found) in found.iter().enumerate() {
        let id = (!has_id).then(|| identity::id_of(&layer.layer, found.feature));
        let mut cells: Vec<String> = id.into_iter().collect();
        cells.extend(fields.iter().map(|f| masks.shown(&f.name, f.values.get(found.feature).to_string())));
        let centroid = layer.layer.table.geometry.centroid(found.feature).and_then(|c| places.show(c));
        cells.extend(centroid.map_or([String::new(), String::new()], |c| c.map(|v| v.to_string())));
        let (height_m, provenance) = height(layer, found.feature);
        cells.push(if height_m.is_null() { String::new() } else { height_m.to_string() });
        cells.push(provenance.as_str().unwrap_or_default().to_owned());
        cells.extend(found.distance.map(|distance| distance.to_string()));
        cells.extend(related.iter().flat_map(|related| related.counts(at).map(|(_, count)| count.to_string())));
        record(out, &cells)?;
    }
    Ok(())
}

/// RFC 7946: longitude and latitude, exteriors counter-clockwise, rings closed.
fn geojson(&Said { layer, found, masks, related, .. }: &Said<'_>, city: &City) -> Result<(), Failure> {
    let lonlat = Crs::wgs84().and_then(|degrees| Transform::new(&city.crs, &degrees));
    let lonlat = lonlat.map_err(|error| Failure::input(error.to_string()))?;
    print_json_text(|out| {
        out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
        for (i, found) in found.iter().enumerate() {
            let mut properties = attributes(layer, found.feature, masks);
            let (height_m, provenance) = height(layer, found.feature);
            // The contract's names give way to a field of the layer that has them already.
            for (key, value) in [("height_m", height_m), ("height_provenance", provenance)] {
                if !value.is_null() {
                    properties.entry(key).or_insert(value);
                }
            }
            if let Some(distance) = found.distance {
                properties.entry("distance_m").or_insert(distance.into());
            }
            if let Some(related) = related {
                properties.extend(related.counts(i).map(|(name, count)| (name.clone(), count.into())));
            }
            let feature = json!({
                "type": "Feature",
                "id": id_json(layer, found.feature),
                "geometry": geometry_json(layer, found.feature, &lonlat),
                "properties": properties,
            });
            out.write_all(if i > 0 { b",\n" } else { b"\n" })?;
            serde_json::to_writer(&mut *out, &feature).map_err(io::Error::from)?;
        }
        out.write_all(b"\n]}\n")
    })
}

fn geometry_json(layer: &CityLayer, feature: u32, lonlat: &Transform) -> Json {
    let geometry = &layer.layer.table.geometry;
    let kind = geometry.kind(feature);
    // 1e-8 degrees are about a millimetre.
    let digits = |v: f64| (v * 1e8).round() / 1e8;
    let ring = |xy: &[[f64; 2]], z: &[f64]| -> Vec<Json> {
        let mut points = xy.to_vec();
        lonlat.apply(&mut points);
        let point = |(i, [lon, lat]): (usize, &[f64; 2])| match z.get(i).filter(|z| z.is_finite()) {
            Some(z) => json!([digits(*lon), digits(*lat), z]),
            None => json!([digits(*lon), digits(*lat)]),
        };
        let mut points: Vec<Json> = points.iter().enumerate().map(point).collect();
        if kind == GeometryKind::Polygon {
            points.extend(points.first().cloned());
        }
        points
    };
    let parts: Vec<Vec<Vec<Json>>> =
        geometry.parts(feature).map(|part| geometry.rings(part).map(|r| ring(r.xy, r.z)).collect()).collect();
    let mut parts = parts.into_iter();
    let single = parts.len() == 1;
    let first_ring = |part: Vec<Vec<Json>>| part.into_iter().next().unwrap_or_default();
    let first_point = |part: Vec<Vec<Json>>| first_ring(part).into_iter().next().unwrap_or_default();
    let (word, coordinates) = match (kind, single) {
        (GeometryKind::None, _) => return Json::Null,
        (GeometryKind::Point, true) => ("Point", parts.next().map(first_point).unwrap_or_default()),
        (GeometryKind::Point, false) => ("MultiPoint", parts.map(first_point).collect()),
        (GeometryKind::Line, true) => ("LineString", json!(parts.next().map(first_ring))),
        (GeometryKind::Line, false) => ("MultiLineString", json!(parts.map(first_ring).collect::<Vec<_>>())),
        (GeometryKind::Polygon, true) => ("Polygon", json!(parts.next())),
        (GeometryKind::Polygon, false) => ("MultiPolygon", json!(parts.collect::<Vec<_>>())),
    };
    json!({ "type": word, "coordinates": coordinates })
}

/// Features printed for people; a script takes `--format`.
const ROWS: usize = 50;

fn table(out: &mut dyn Write, &Said { layer, found, places, masks, related }: &Said<'_>) -> io::Result<()> {
    let plural = if found.len() == 1 { "" } else { "s" };
    writeln!(out, "{}: {} feature{plural}; coordinates in {}", layer.layer.id, found.len(), places.crs)?;
    if let Some(related) = related {
        writeln!(out, "{}", related.title())?;
    }
    for (at, found) in found.iter().take(ROWS).enumerate() {
        write!(out, "\n{}", one_line(&identity::id_of(&layer.layer, found.feature)))?;
        if let Some([x, y]) = layer.layer.table.geometry.centroid(found.feature).and_then(|c| places.show(c)) {
            let digits = if places.crs.is_geographic() { 6 } else { 2 };
            write!(out, "  at {x:.digits$}, {y:.digits$}")?;
        }
        let (height_m, provenance) = height(layer, found.feature);
        if !height_m.is_null() {
            write!(out, "  height {height_m} m ({})", provenance.as_str().unwrap_or_default())?;
        }
        if let Some(distance) = found.distance {
            write!(out, "  distance {distance:.1} m")?;
        }
        writeln!(out)?;
        for line in related.iter().flat_map(|related| related.lines(at)) {
            writeln!(out, "{line}")?;
        }
        for field in &layer.layer.table.fields {
            let value = field.values.get(found.feature);
            if !value.is_null() {
                let shown = masks.shown(&field.name, value.to_string());
                writeln!(out, "  {}: {}", one_line(&field.name), one_line(&shown))?;
            }
        }
    }
    if found.len() > ROWS {
        writeln!(out, "\n… and {} more; all of them with --format json, geojson or csv", found.len() - ROWS)?;
    }
    Ok(())
}
