//! What answers show on the map, as a part of the city: colours become a column of their layer and its style, bodies
//! and what lies over the map become layers of their own. So they leave like everything else.

use std::collections::HashSet;
use std::sync::Arc;

use crate::city::{City, CityLayer};
use crate::features::published::{AnswerLayers, MakeLayers};
use crate::index::{Bodies, Ground};
use crate::model::mapping::{FieldMapping, Mapped};
use crate::model::{
    Field, FieldType, GeometryColumn, GeometryKind, HeightSource, Heights, Layer, LayerStyle, Meaning, Role,
    TableBuilder, Title, Value, Vertical,
};
use crate::panels::Language;
use crate::scene::marks::{Group, Marks};
use crate::scene::stage::Looks;
use crate::scene::style::RowColours;

/// What answers show now.
#[derive(Clone, Default)]
pub struct Answers {
    /// Colours of a layer's rows.
    pub painted: Vec<(usize, Arc<RowColours>)>,
    /// Bodies beside the layers, by who shows them.
    pub bodies: Vec<(&'static str, Vec<Group>)>,
    /// Who of these hides rows that its bodies stand in the place of.
    pub hiding: Vec<&'static str>,
    /// What lies over the map.
    pub layers: Vec<(&'static str, Arc<MakeLayers>)>,
}

impl PartialEq for Answers {
    /// Whether they are the same as they stand in memory: nothing of them is compared that could be long.
    fn eq(&self, other: &Self) -> bool {
        let painted = |(n, colours): &(usize, Arc<RowColours>)| (*n, Arc::as_ptr(colours).cast::<()>());
        let made = |(who, layers): &(&'static str, Arc<MakeLayers>)| (*who, Arc::as_ptr(layers).cast::<()>());
        self.painted.iter().map(painted).eq(other.painted.iter().map(painted))
            && self.layers.iter().map(made).eq(other.layers.iter().map(made))
            && self.bodies == other.bodies
            && self.hiding == other.hiding
    }
}

impl Answers {
    /// What is shown.
    pub fn of(looks: &Looks, marks: &Marks, layers: &AnswerLayers) -> Self {
        let painted = looks.layers.iter().enumerate();
        let bodies = marks.all().filter(|(_, groups)| groups.iter().any(|group| !group.outlines.is_empty()));
        let hides = |who: &&'static str| looks.layers.iter().any(|look| look.hidden.is_of(who));
        Self {
            hiding: marks.all().map(|(who, _)| who).filter(hides).collect(),
            painted: painted.filter_map(|(n, look)| Some((n, look.answer.clone()?))).collect(),
            bodies: bodies.map(|(who, groups)| (who, groups.to_vec())).collect(),
            layers: layers.0.iter().map(|(who, made)| (*who, made.clone())).collect(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.painted.is_empty() && self.bodies.is_empty() && self.layers.is_empty()
    }
}

/// A city with what answers show in it.
#[derive(Clone)]
pub struct Answered {
    /// The city: its own layers under their numbers, then those of answers.
    pub city: Arc<City>,
    /// How each is drawn.
    pub styles: Vec<LayerStyle>,
    /// Layers that stand in the place of rows that are not drawn: beside these they are a second body at one place.
    pub instead: Vec<usize>,
}

/// The city with what answers show in it; texts are in a language. `styles` are those of the city's layers.
pub fn answered(
    city: &Arc<City>,
    styles: &[LayerStyle],
    answers: &Answers,
    ground: &Ground,
    language: Language,
) -> Answered {
    let mut styles = styles.to_vec();
    if answers.is_empty() {
        return Answered { city: city.clone(), styles, instead: Vec::new() };
    }
    let mut layers = city.layers.clone();
    for (number, colours) in &answers.painted {
        let (Some(layer), Some(style)) = (layers.get_mut(*number), styles.get_mut(*number)) else { continue };
        if layer.stream.is_none() && layer.layer.table.len() == colours.of_row.len() {
            *layer = Arc::new(painted(layer, colours, style, language));
        }
    }
    let bodies = answers.bodies.iter().flat_map(|(who, groups)| {
        let layers = bodies_as_layers(who, groups, city, ground, language);
        layers.into_iter().map(|layer| (layer, answers.hiding.contains(who)))
    });
    let made = answers.layers.iter().flat_map(|(_, make)| make(city, language)).map(|layer| (layer, false));
    let mut instead = Vec::new();
    let mut ids: HashSet<String> = layers.iter().map(|layer| layer.layer.id.clone()).collect();
    let all = bodies.chain(made).filter(|(layer, _)| !layer.table.is_empty());
    for (mut layer, is_instead) in all.collect::<Vec<_>>() {
        if is_instead {
            instead.push(layers.len());
        }
        layer.id = free(&format!("answer-{}", layer.id), |id| ids.contains(id));
        ids.insert(layer.id.clone());
        styles.push(layer.style.clone());
        layers.push(Arc::new(CityLayer::in_memory(layer)));
    }
    Answered { city: Arc::new(city.with_layers(layers)), styles, instead }
}

/// A name that is not taken: the wished one, else with a number.
fn free(wished: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{wished}-{number}"));
    std::iter::once(wished.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}

fn said(title: &Title, language: Language) -> String {
    match language {
        Language::Chinese => title.zh(),
        Language::English => title.en(),
    }
    .to_owned()
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A layer with a column that says what an answer's colours say, drawn by it.
fn painted(layer: &CityLayer, colours: &RowColours, style: &mut LayerStyle, language: Language) -> CityLayer {
    let mut layer = layer.layer.clone();
    let name = free(colours.field, |name| layer.table.field(name).is_some());
    let labels: Vec<String> = colours.classes.iter().map(|(title, _)| said(title, language)).collect();
    let mut builder = TableBuilder::default();
    let column = builder.typed_field(&name, FieldType::Text);
    for class in &colours.of_row {
        if let Some(label) = labels.get(usize::from(*class)) {
            builder.set(column, &Value::Text(label.as_str().into()));
        }
        builder.geometry.end_feature(GeometryKind::None);
    }
    let values = builder.finish().fields.pop().map(|field| field.values);
    let Some(values) = values else { return CityLayer::in_memory(layer) };
    layer.table.fields.push(Field { name: name.clone(), values });
    style.colour_by = Some(name);
    (style.colour, style.classing, style.classes) = (None, None, None);
    style.values = labels.into_iter().zip(&colours.classes).map(|(label, (_, colour))| (label, hex(*colour))).collect();
    layer.style = style.clone();
    CityLayer::in_memory(layer)
}

/// Bodies of an answer: a layer for each group, so that what coincides is drawn in its order.
fn bodies_as_layers(who: &str, groups: &[Group], city: &City, ground: &Ground, language: Language) -> Vec<Layer> {
    let mut groups: Vec<&Group> = groups.iter().filter(|group| !group.outlines.is_empty()).collect();
    // The opaque ones first: what is seen through is drawn after them.
    groups.sort_by(|a, b| b.opacity.total_cmp(&a.opacity));
    groups.into_iter().map(|group| bodies_as_layer(who, group, city, ground, language)).collect()
}

fn bodies_as_layer(who: &str, group: &Group, city: &City, ground: &Ground, language: Language) -> Layer {
    let mut builder = TableBuilder::default();
    let what = builder.typed_field("what", FieldType::Text);
    let mut mapping = FieldMapping::default();
    let [base, top] = [(Meaning::BaseHeight, "base_m"), (Meaning::Height, "top_m")].map(|(meaning, name)| {
        mapping.set(meaning, Mapped { field: name.to_owned(), factor: 1.0, declared: true, reason: String::new() });
        builder.typed_field(name, FieldType::Real)
    });
    let label = said(&group.label, language);
    let mut heights = Heights::default();
    for (row, [low, high]) in (0..).zip(above_ground(group, ground)) {
        builder.set(what, &Value::Text(label.as_str().into()));
        // Of the millimetre: what is drawn is no more exact.
        let [low_m, high_m] = [low, high].map(|metres| (f64::from(metres) * 1000.0).round() / 1000.0);
        builder.set(base, &Value::Real(low_m));
        builder.set(top, &Value::Real(high_m));
        builder.geometry.push_from(&group.outlines, row);
        heights.base.push(low);
        heights.top.push(high);
        heights.source.push(HeightSource::Surveyed);
        heights.covered.push(false);
    }
    let style =
        LayerStyle { colour: Some(hex(group.colour)), opacity: group.opacity, in_front: true, ..LayerStyle::default() };
    // Not of the role of buildings: they must not be counted among those that stand.
    let layer = Layer::made(who, group.label.clone(), Role::Other, builder.finish(), &city.crs);
    Layer { mapping, heights: Some(heights), vertical: Vertical::OnTerrain, style, ..layer }
}

/// Foot and top of each body above its ground, metres.
fn above_ground(group: &Group, ground: &Ground) -> Vec<[f32; 2]> {
    let pairs = group.base.iter().zip(&group.top);
    if !group.elevations {
        return pairs.map(|(base, top)| [*base, *top]).collect();
    }
    let feet = feet(&group.outlines, ground);
    // What reaches down into the ground begins at it.
    pairs.zip(feet).map(|((base, top), foot)| [(base - foot).max(0.0), top - foot]).collect()
}

/// The ground that heights of bodies are measured from.
fn feet(outlines: &GeometryColumn, ground: &Ground) -> Vec<f32> {
    let count = outlines.len();
    let heights = Heights {
        top: vec![1.0; count],
        base: vec![0.0; count],
        source: vec![HeightSource::Surveyed; count],
        covered: vec![false; count],
    };
    Bodies::stand(outlines, &heights, Vertical::OnTerrain, 0.0, ground).ground
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::colour::colours;
    use crate::model::project::Project;
    use crate::panels::words::both;
    use crate::query::testing::{city_of, rectangle_layer};
    use crate::report::Progress;
    use crate::snapshot::package::{Extras, lay_out};
    use crate::snapshot::{Wish, WishedLayer};
    use crate::themes::volumes::Volume;

    const BREACH: [u8; 3] = [0xd7, 0x30, 0x27];

    fn box_of(low: f64, high: f64) -> Volume {
        let ring = geo::LineString::from(vec![(10.0, 10.0), (20.0, 10.0), (20.0, 20.0), (10.0, 20.0)]);
        let outline = geo::MultiPolygon::new(vec![geo::Polygon::new(ring, Vec::new())]);
        Volume { outline, base: low, top: high }
    }

    /// A parcel with a verdict; a body that breaks a limit, from 18 to 24 m; and one between elevations.
    fn shown() -> (Arc<City>, Vec<LayerStyle>, Answers) {
        let at = [500_000.0, 4_330_000.0, 500_100.0, 4_330_100.0];
        let mut parcels = rectangle_layer("parcels", Role::Parcel, at, &[(Meaning::FarLimit, "verdict", 2.0)]);
        parcels.style.label_by = Some("verdict".to_owned());
        let styles = vec![parcels.style.clone()];
        let classes = vec![(both(|words| words.planning.breach.to_owned()), BREACH)];
        let label = |zh: &str, en: &str| Title { zh: zh.to_owned(), en: en.to_owned() };
        let over = Group::of(&[box_of(18.0, 24.0)], label("超限", "Over"), BREACH, 1.0);
        let may = Group::of(&[box_of(0.0, 18.0)], label("可建", "May"), [1, 2, 3], 0.25);
        let between = Group { elevations: true, ..Group::of(&[box_of(-2.0, 7.5)], label("层", "Slab"), [9; 3], 1.0) };
        let answers = Answers {
            painted: vec![(0, Arc::new(RowColours::new("planning", "verdict", classes, vec![0])))],
            bodies: vec![("planning", vec![over, may]), ("housing", vec![between])],
            hiding: vec!["housing"],
            layers: Vec::new(),
        };
        (Arc::new(city_of(vec![CityLayer::in_memory(parcels)])), styles, answers)
    }

    fn ids(city: &City) -> Vec<&str> {
        city.layers.iter().map(|layer| layer.layer.id.as_str()).collect()
    }

    #[test]
    fn without_answers_it_is_the_same_city() {
        let (city, styles, _) = shown();
        let same = answered(&city, &styles, &Answers::default(), &Ground::flat(), Language::English);
        assert!(Arc::ptr_eq(&same.city, &city));
    }

    #[test]
    fn what_answers_show_is_there_when_it_is_opened_again() {
        let (city, styles, answers) = shown();
        let made = answered(&city, &styles, &answers, &Ground::flat(), Language::Chinese);
        // What is seen through comes after what is not.
        assert_eq!(ids(&made.city), ["parcels", "answer-planning", "answer-planning-2", "answer-housing"]);
        assert_eq!(made.instead, [3]);
        let folder = tempfile::tempdir().unwrap();
        let layers = (0..made.city.layers.len()).map(WishedLayer::whole).collect();
        let wish = Wish { layers, bounds: None, clip: false, crs: city.crs.clone(), offset: None, unmasked: false };
        let extras = Extras { styles: made.styles.iter().cloned().enumerate().collect(), ..Extras::default() };
        let progress = Progress::default();
        let laid =
            lay_out(&made.city, &Project::default(), &wish, &extras, folder.path(), folder.path(), &progress).unwrap();
        assert!(laid.taken.notes.is_empty(), "{:?}", laid.taken.notes);
        let opened = City::open(&Project::read(folder.path()).unwrap(), &progress).unwrap();
        assert_eq!(ids(&opened), ids(&made.city));
        let parcels = &opened.layers[0].layer;
        // Its own column of that name stays.
        assert_eq!(parcels.table.value(0, "verdict"), Value::Real(2.0));
        assert_eq!(parcels.table.value(0, "verdict-2"), Value::Text("不符合".into()));
        assert_eq!(parcels.style.label_by.as_deref(), Some("verdict"));
        let packed = |[r, g, b]: [u8; 3], opacity: f64| u32::from_le_bytes([r, g, b, (opacity * 255.0).round() as u8]);
        assert_eq!(colours(parcels, &parcels.style).0, [packed(BREACH, 1.0)]);
        for (number, colour, opacity, [base, top]) in
            [(1, BREACH, 1.0, [18.0, 24.0]), (2, [1, 2, 3], 0.25, [0.0, 18.0]), (3, [9; 3], 1.0, [0.0, 7.5])]
        {
            let body = &opened.layers[number].layer;
            let heights = body.heights.as_ref().unwrap();
            assert_eq!((heights.base.as_slice(), heights.top.as_slice()), (&[base][..], &[top][..]), "{}", body.id);
            assert_eq!(colours(body, &body.style).0, [packed(colour, opacity)], "{}", body.id);
            assert!(body.style.in_front && body.role == Role::Other);
        }
        assert_eq!(opened.layers[2].layer.title.en, "May");
    }
}
