//! Control lines of plans (`assets/control_lines.toml`): their kinds, usual colours, and how a layer and its
//! features say which they are.

use std::path::Path;
use std::sync::LazyLock;

use super::layer::{Layer, Title};
use super::mapping::{Meaning, name_words};
use super::style::read_colour;
use super::table::{FeatureTable, Field};

/// How an area lies to the control lines of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Part of it lies within, or a line runs through it.
    Crossing,
    /// All of it lies within.
    Inside,
    /// None of it lies within, although there are such lines.
    Outside,
}

impl Relation {
    /// The word used by commands: `crossing`, `inside`, `outside`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Crossing => "crossing",
            Self::Inside => "inside",
            Self::Outside => "outside",
        }
    }
}

/// A kind of control line.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlLine {
    /// Our word for it: `red`, `urban_boundary`.
    pub code: String,
    /// What it is called.
    pub name: Title,
    /// The usual colour on maps: red, green, blue.
    pub colour: [u8; 3],
    /// What of a parcel is worth a look.
    matters: Vec<Relation>,
    words: Vec<Word>,
    not: Vec<String>,
}

impl ControlLine {
    /// All kinds, in the order of the table.
    pub fn all() -> &'static [Self] {
        &TABLE.lines
    }

    /// What is a control line, and none of the known kinds.
    pub fn other() -> &'static Self {
        // The table is part of the program; a test holds that its last row is this.
        Self::all().last().expect("the table of control lines has rows")
    }

    /// Whether a parcel that lies so is worth a look.
    pub fn matters(&self, relation: Relation) -> bool {
        self.matters.contains(&relation)
    }

    /// The place in the table, for sorting.
    pub fn place(&self) -> usize {
        Self::all().iter().position(|line| line.code == self.code).unwrap_or(usize::MAX)
    }
}

/// A word by which a kind is known: as it stands in the table, without spaces, and whether it must stand alone.
#[derive(Clone, Debug, PartialEq)]
struct Word {
    said: String,
    plain: String,
    alone: bool,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    strangers: Vec<String>,
    line: Vec<Row>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: String,
    zh: String,
    en: String,
    colour: String,
    matters: Vec<Relation>,
    words: Vec<String>,
    #[serde(default)]
    whole: Vec<String>,
    #[serde(default)]
    not: Vec<String>,
}

struct Table {
    strangers: Vec<String>,
    lines: Vec<ControlLine>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let text = include_str!("../../assets/control_lines.toml");
    // The table is part of the program and read by a test: it cannot fail for a user.
    let file: File = toml::from_str(text).expect("assets/control_lines.toml is valid");
    let word = |said: String, alone: bool| Word {
        plain: said.replace(' ', ""),
        // Latin words always stand alone: `ugb` is no part of another word.
        alone: alone || said.is_ascii(),
        said,
    };
    let read = |row: Row| ControlLine {
        colour: read_colour(&row.colour).expect("the table's colours are #rrggbb"),
        name: Title { zh: row.zh, en: row.en },
        code: row.code,
        matters: row.matters,
        words: (row.words.into_iter().map(|said| word(said, false)))
            .chain(row.whole.into_iter().map(|said| word(said, true)))
            .collect(),
        not: row.not,
    };
    Table { strangers: file.strangers, lines: file.line.into_iter().map(read).collect() }
});

/// The kind that the name of a layer says, with the word that says it: the longest of all.
pub fn of_name(name: &str) -> Option<(&'static ControlLine, &'static str)> {
    let words = name_words(name);
    let plain = words.concat();
    if TABLE.strangers.iter().any(|stranger| plain.contains(stranger.as_str())) {
        return None;
    }
    let alone = |word: &str| {
        let starts = (0..words.len()).flat_map(|from| (from + 1..=words.len()).map(move |to| (from, to)));
        starts.into_iter().any(|(from, to)| {
            let run = words[from..to].concat();
            run == word || run.strip_suffix('s') == Some(word)
        })
    };
    let lines = TABLE.lines.iter().filter(|line| !line.not.iter().any(|not| plain.contains(not.as_str())));
    let found = lines.flat_map(|line| line.words.iter().map(move |word| (line, word)));
    let found = found.filter(|(_, word)| if word.alone { alone(&word.plain) } else { plain.contains(&word.plain) });
    // Of equal length the first of the table.
    let longest = found.min_by_key(|(_, word)| std::cmp::Reverse(word.plain.chars().count()));
    longest.map(|(line, word)| (line, word.said.as_str()))
}

/// The kind that a value says: our code, a name of the table, or a text as layers are called.
pub fn of_value(text: &str) -> Option<&'static ControlLine> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let says = |line: &&ControlLine| {
        [&line.code, &line.name.zh, &line.name.en].into_iter().any(|name| name.eq_ignore_ascii_case(text))
    };
    ControlLine::all().iter().find(says).or_else(|| of_name(text).map(|(line, _)| line))
}

/// How the features of a layer say their kind: each by a field, else all by the layer's name.
#[derive(Clone, Debug, PartialEq)]
pub struct Kinds {
    /// The raw key of the field that says kinds.
    pub field: Option<String>,
    /// The kind of features whose field says none.
    pub otherwise: &'static ControlLine,
}

/// Rows that are looked at to learn whether a field says kinds.
const SAMPLE: u32 = 1000;

impl Kinds {
    /// Of a layer, or of a sample of it: a field where most of its values are kinds; the layer's id, file and title.
    pub fn of(layer: &Layer) -> Self {
        let meant = [Meaning::Category, Meaning::Use, Meaning::Name, Meaning::Code];
        let meant = meant.into_iter().filter_map(|meaning| layer.table.field(&layer.mapping.get(meaning)?.field));
        let called = layer.table.fields.iter().filter(|field| field.name.contains("控制线"));
        let field = meant.chain(called).find(|field| says_kinds(field)).map(|field| field.name.clone());
        let file = Path::new(&layer.source).file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let names = [layer.id.as_str(), &file, layer.title.zh(), layer.title.en()];
        let otherwise = names.into_iter().find_map(of_name).map_or(ControlLine::other(), |(line, _)| line);
        Self { field, otherwise }
    }

    /// The kind of a row of the layer, or of a piece of it.
    pub fn kind(&self, table: &FeatureTable, row: u32) -> &'static ControlLine {
        let said = self.field.as_ref().map(|field| table.value(row, field).to_string());
        said.and_then(|text| of_value(&text)).unwrap_or(self.otherwise)
    }
}

/// Whether at least half of a field's values, of a sample, are kinds.
fn says_kinds(field: &Field) -> bool {
    let rows = field.values.len() as u32;
    let texts = (0..rows).step_by((rows / SAMPLE).max(1) as usize).map(|row| field.values.get(row).to_string());
    let (mut said, mut known) = (0, 0);
    for text in texts.filter(|text| !text.trim().is_empty()) {
        said += 1;
        known += u32::from(of_value(&text).is_some());
    }
    known > 0 && known * 2 >= said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(name: &str) -> Option<&'static str> {
        of_name(name).map(|(line, _)| line.code.as_str())
    }

    #[test]
    fn layers_say_their_kind_in_chinese_english_and_pinyin() {
        let cases = [
            ("blue_line", "blue"),
            ("GreenLines2035", "green"),
            ("城市蓝线_2020", "blue"),
            ("lanxian", "blue"),
            ("道路红线", "red"),
            ("红线", "red"),
            ("road-red-lines", "red"),
            ("历史文化街区紫线", "purple"),
            ("黄线", "yellow"),
            ("UGB", "urban_boundary"),
            ("天津市城镇开发边界", "urban_boundary"),
            ("urban_growth_boundary", "urban_boundary"),
            ("YJJBNT", "farmland"),
            ("耕地保护红线", "farmland"),
            ("生态空间", "ecological_space"),
        ];
        for (name, kind) in cases {
            assert_eq!(code(name), Some(kind), "{name}");
        }
    }

    /// What says 红线 and means no road: the ecological line, a plot's own line, a building line. Trains have colours.
    #[test]
    fn not_every_red_line_is_a_road_nor_every_coloured_line_a_plan() {
        assert_eq!(code("生态保护红线"), Some("ecological"));
        assert_eq!(code("生态红线2021"), Some("ecological"));
        assert_eq!(code("ecological_protection_red_line"), Some("ecological"));
        for none in
            ["用地红线", "建筑红线", "protected red lines", "MBTA_Red_Line", "地铁蓝线", "greenline station", "hugbox"]
        {
            assert_eq!(code(none), None, "{none}");
        }
    }

    #[test]
    fn values_say_their_kind_by_code_name_or_a_text_that_holds_one() {
        let code = |text: &str| of_value(text).map(|line| line.code.as_str());
        assert_eq!(code("BLUE"), Some("blue"));
        assert_eq!(code("Road red line"), Some("red"));
        assert_eq!(code("永久基本农田图斑"), Some("farmland"));
        assert_eq!(code("城镇弹性发展区"), Some("urban_boundary"));
        assert_eq!([code(""), code("park"), code("1")], [None; 3]);
    }

    #[test]
    fn the_table_ends_with_what_is_no_known_kind_and_codes_are_unique() {
        assert_eq!(ControlLine::other().code, "other");
        let codes: std::collections::BTreeSet<&str> = ControlLine::all().iter().map(|l| l.code.as_str()).collect();
        assert_eq!(codes.len(), ControlLine::all().len());
        // Who lies outside the urban development boundary matters, who lies outside a green line does not.
        let outside = ControlLine::all().iter().filter(|line| line.matters(Relation::Outside));
        assert_eq!(outside.map(|line| line.code.as_str()).collect::<Vec<_>>(), ["urban_boundary"]);
    }
}
