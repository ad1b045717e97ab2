//! Letters of pages: fonts of the system, their glyphs, widths and outlines.
//!
//! A Chinese face comes first, for its Latin letters were drawn to go with it; a letter that it does
//! not have is taken from any other face of the system, and drawn as a box where none has it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use fontdb::{Database, FaceInfo, ID, Style, Weight};
use skrifa::instance::{Location, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

/// Chinese families in order of preference, for pages and for the window. All are Simplified Chinese designs: a `.ttc`
/// holds Japanese, Korean and Traditional faces as well, whose shapes of the same characters differ.
pub const CHINESE: &[&str] = &[
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "思源黑体",
    "Microsoft YaHei",
    "Microsoft YaHei UI",
    "PingFang SC",
    "HarmonyOS Sans SC",
    "MiSans",
    "Alibaba PuHuiTi",
    "Hiragino Sans GB",
    "Heiti SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "SimHei",
    "SimSun",
    "AR PL UMing CN",
];
/// Latin families in order of preference, where there is no Chinese one and for what it does not have.
const LATIN: &[&str] =
    &["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "Source Sans 3", "Open Sans", "Roboto", "DejaVu Sans", "Arial"];

/// How heavy letters are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Heft {
    /// As text is.
    #[default]
    Regular,
    /// As headings are.
    Bold,
}

/// A letter of a face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Letter {
    /// What is written.
    pub char: char,
    /// The number of its face ([`Letters::face`]); `None`: no font has it, a box stands for it.
    pub face: Option<usize>,
    /// Its glyph there.
    pub glyph: u32,
    /// How far the next letter stands, in sizes of the letters.
    pub advance: f64,
}

/// A piece of an outline; in sizes of the letters, y upwards from the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stroke {
    /// A contour begins.
    Move([f64; 2]),
    /// A straight line.
    Line([f64; 2]),
    /// A quadratic curve: control point, end.
    Quad([f64; 2], [f64; 2]),
    /// A cubic curve: two control points, end.
    Cubic([f64; 2], [f64; 2], [f64; 2]),
    /// The contour ends where it began.
    Close,
}

/// A face in use.
pub struct Face {
    bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
    /// Its place in a collection.
    pub index: u32,
    /// Its PostScript name.
    pub name: String,
    /// Its weight on the axis, of a variable font that is not at its default.
    pub location: Location,
    /// Units of its em square.
    pub em: f64,
}

impl std::fmt::Debug for Face {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} ({})", self.name, self.index)
    }
}

impl Face {
    fn read(bytes: Arc<dyn AsRef<[u8]> + Send + Sync>, info: &FaceInfo, weight: f32) -> Option<Self> {
        let font = FontRef::from_index((*bytes).as_ref(), info.index).ok()?;
        let em = f64::from(font.metrics(Size::unscaled(), &Location::default()).units_per_em);
        let location = font.axes().location([("wght", weight)]);
        let index = info.index;
        (em > 0.0).then(|| Self { index, name: info.post_script_name.clone(), location, em, bytes: bytes.clone() })
    }

    /// The bytes of its file.
    pub fn bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    /// It, read; `None` where the file is broken.
    pub fn font(&self) -> Option<FontRef<'_>> {
        FontRef::from_index(self.bytes(), self.index).ok()
    }

    /// Whether its outlines are those that its file says without an axis.
    pub fn is_plain(&self) -> bool {
        self.location.coords().iter().all(|at| at.to_f32() == 0.0)
    }

    /// How far the letter after a glyph stands, in sizes of the letters.
    pub fn advance(&self, glyph: u32) -> f64 {
        let width = self.font().and_then(|font| {
            font.glyph_metrics(Size::unscaled(), &self.location).advance_width(GlyphId::new(glyph)).map(f64::from)
        });
        width.unwrap_or(0.0) / self.em
    }

    fn find(&self, char: char) -> Option<(u32, f64)> {
        let font = self.font()?;
        let glyph = font.charmap().map(char).filter(|glyph| glyph.to_u32() != 0)?;
        // Fonts of colour pictures have letters without outlines.
        font.outline_glyphs().get(glyph)?;
        Some((glyph.to_u32(), self.advance(glyph.to_u32())))
    }

    fn outline(&self, glyph: u32) -> Vec<Stroke> {
        let mut pen = Pen { strokes: Vec::new(), em: self.em };
        if let Some(outline) = self.font().and_then(|font| font.outline_glyphs().get(GlyphId::new(glyph))) {
            // A broken glyph is an empty one.
            let _ = outline.draw(DrawSettings::unhinted(Size::unscaled(), &self.location), &mut pen);
        }
        pen.strokes
    }
}

struct Pen {
    strokes: Vec<Stroke>,
    em: f64,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> [f64; 2] {
        [f64::from(x) / self.em, f64::from(y) / self.em]
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.strokes.push(Stroke::Move(self.at(x, y)));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.strokes.push(Stroke::Line(self.at(x, y)));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.strokes.push(Stroke::Quad(self.at(cx, cy), self.at(x, y)));
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.strokes.push(Stroke::Cubic(self.at(ax, ay), self.at(bx, by), self.at(x, y)));
    }

    fn close(&mut self) {
        self.strokes.push(Stroke::Close);
    }
}

/// The letters of a system.
pub struct Letters {
    held: Mutex<Held>,
}

struct Held {
    database: Database,
    /// All upright faces, the plainest first: where a letter is looked for that the chosen ones do not have.
    others: Option<Vec<ID>>,
    faces: Vec<Arc<Face>>,
    by_id: HashMap<(ID, u16), Option<usize>>,
    regular: Vec<usize>,
    bold: Vec<usize>,
    known: HashMap<(char, Heft), Letter>,
    outlines: HashMap<(usize, u32), Arc<[Stroke]>>,
}

impl std::fmt::Debug for Letters {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Letters({:?})", self.held().faces)
    }
}

impl Letters {
    /// Those of this system, looked for once; that takes a part of a second.
    pub fn of_system() -> Arc<Self> {
        static FOUND: OnceLock<Arc<Letters>> = OnceLock::new();
        let find = || {
            let mut database = Database::new();
            database.load_system_fonts();
            Arc::new(Self::of(database))
        };
        FOUND.get_or_init(find).clone()
    }

    /// Those of a database.
    pub fn of(database: Database) -> Self {
        let mut held = Held {
            database,
            others: None,
            faces: Vec::new(),
            by_id: HashMap::new(),
            regular: Vec::new(),
            bold: Vec::new(),
            known: HashMap::new(),
            outlines: HashMap::new(),
        };
        for families in [CHINESE, LATIN] {
            let Some((id, family)) = best(&held.database, families, Weight::NORMAL) else { continue };
            let Some(regular) = held.load(id, Weight::NORMAL) else { continue };
            held.regular.push(regular);
            let bold = best(&held.database, &[family], Weight::BOLD).map_or(id, |(id, _)| id);
            if let Some(bold) = held.load(bold, Weight::BOLD) {
                held.bold.push(bold);
            }
        }
        Self { held: Mutex::new(held) }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // What is held is whole after each step: a panic elsewhere does not spoil it.
        self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether Chinese can be written.
    pub fn has_chinese(&self) -> bool {
        self.letter('图', Heft::Regular).face.is_some() && self.letter('辖', Heft::Regular).face.is_some()
    }

    /// What to tell the user of the fonts of this system; `None` where all is well.
    pub fn note(&self) -> Option<String> {
        (!self.has_chinese()).then(|| {
            "this system has no Chinese font: Chinese letters are boxes on this page; install one, \
             as the package fonts-noto-cjk, and make it again"
                .to_owned()
        })
    }

    /// A letter.
    pub fn letter(&self, char: char, heft: Heft) -> Letter {
        let mut held = self.held();
        if let Some(letter) = held.known.get(&(char, heft)) {
            return *letter;
        }
        let letter = held.find(char, heft);
        held.known.insert((char, heft), letter);
        letter
    }

    /// A face by its number.
    pub fn face(&self, number: usize) -> Option<Arc<Face>> {
        self.held().faces.get(number).cloned()
    }

    /// The first face that has a space: what stands for a letter that no font has, in texts that are read.
    pub fn space(&self) -> Letter {
        self.letter(' ', Heft::Regular)
    }

    /// The outline of a glyph.
    pub fn outline(&self, face: usize, glyph: u32) -> Arc<[Stroke]> {
        let mut held = self.held();
        if let Some(outline) = held.outlines.get(&(face, glyph)) {
            return outline.clone();
        }
        let outline: Arc<[Stroke]> = held.faces.get(face).map(|face| face.outline(glyph)).unwrap_or_default().into();
        held.outlines.insert((face, glyph), outline.clone());
        outline
    }
}

impl Held {
    fn find(&mut self, char: char, heft: Heft) -> Letter {
        let chosen = match heft {
            Heft::Bold => self.bold.iter().chain(&self.regular),
            Heft::Regular => self.regular.iter().chain(&[]),
        };
        let of = |number: usize, face: &Face| {
            face.find(char).map(|(glyph, advance)| Letter { char, face: Some(number), glyph, advance })
        };
        if let Some(letter) = chosen.copied().find_map(|number| of(number, self.faces.get(number)?)) {
            return letter;
        }
        let others = self.others.take().unwrap_or_else(|| upright(&self.database));
        let found = others.iter().find_map(|id| {
            // Looked at before it is loaded, so that only faces in use stay mapped.
            let has = |bytes: &[u8], index| {
                let font = FontRef::from_index(bytes, index).ok()?;
                let glyph = font.charmap().map(char).filter(|glyph| glyph.to_u32() != 0)?;
                font.outline_glyphs().get(glyph).map(|_| ())
            };
            self.database.with_face_data(*id, has).flatten()?;
            let number = self.load(*id, Weight::NORMAL)?;
            of(number, self.faces.get(number)?)
        });
        self.others = Some(others);
        found.unwrap_or(Letter { char, face: None, glyph: 0, advance: if is_wide(char) { 1.0 } else { 0.6 } })
    }

    fn load(&mut self, id: ID, weight: Weight) -> Option<usize> {
        if let Some(known) = self.by_id.get(&(id, weight.0)) {
            return *known;
        }
        let info = self.database.face(id)?.clone();
        // SAFETY: the file is mapped, so that of its 20 MB only the glyphs in use are in memory. Package
        // managers replace a font file by a new one under its name and never write into the old one,
        // which stays as it is while it is mapped.
        let bytes = unsafe { self.database.make_shared_face_data(id) };
        let face = bytes.and_then(|(bytes, _)| Face::read(bytes, &info, f32::from(weight.0)));
        let number = face.map(|face| {
            self.faces.push(Arc::new(face));
            self.faces.len() - 1
        });
        self.by_id.insert((id, weight.0), number);
        number
    }
}

/// Whether a letter takes the place of a Chinese one.
pub fn is_wide(char: char) -> bool {
    matches!(char as u32,
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE4F
        | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD)
}

/// The upright face of the first family that is there, nearest to a weight.
fn best<'a>(database: &Database, families: &[&'a str], weight: Weight) -> Option<(ID, &'a str)> {
    families.iter().find_map(|family| {
        database
            .faces()
            .filter(|face| face.style == Style::Normal && face.families.iter().any(|(name, _)| name == family))
            .filter(|face| face.weight >= Weight::NORMAL || weight == Weight::NORMAL)
            .min_by(|a, b| {
                let far = |face: &FaceInfo| (face.weight.0.abs_diff(weight.0), face.weight.0);
                far(a).cmp(&far(b)).then_with(|| a.post_script_name.cmp(&b.post_script_name))
            })
            .map(|face| (face.id, *family))
    })
}

fn upright(database: &Database) -> Vec<ID> {
    let mut faces: Vec<&FaceInfo> = database.faces().filter(|face| face.style == Style::Normal).collect();
    let order = |face: &FaceInfo| {
        let family = face.families.first().map_or("", |(name, _)| name.as_str());
        // A sans face goes with the others; of Chinese faces the Simplified design comes first.
        let odd = family.contains("Serif") || family.contains("Mono") || face.monospaced;
        (odd, !family.ends_with(" SC"), face.weight.0.abs_diff(400), face.post_script_name.clone())
    };
    faces.sort_by_cached_key(|face| order(face));
    faces.into_iter().map(|face| face.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_and_latin_letters_have_outlines_and_what_no_font_has_is_a_box() {
        let letters = Letters::of_system();
        if !letters.has_chinese() {
            eprintln!("no Chinese font on this system: not tested");
            return;
        }
        for char in ['图', 'A', '1'] {
            for heft in [Heft::Regular, Heft::Bold] {
                let letter = letters.letter(char, heft);
                let outline = letters.outline(letter.face.expect("has it"), letter.glyph);
                assert!(outline.len() > 3, "{char}");
            }
        }
        // A full-width letter is one em wide; a private one is nobody's.
        assert_eq!(letters.letter('图', Heft::Regular).advance, 1.0);
        assert_eq!(letters.letter('\u{10FFFD}', Heft::Regular).face, None);
        assert_eq!(letters.note(), None);
    }

    #[test]
    fn a_collection_gives_its_simplified_chinese_face() {
        let letters = Letters::of_system();
        let Some(face) = letters.letter('图', Heft::Regular).face.and_then(|face| letters.face(face)) else {
            eprintln!("no Chinese font on this system: not tested");
            return;
        };
        assert!(!face.name.contains("JP") && !face.name.contains("KR"), "{face:?}");
    }

    #[test]
    fn without_fonts_there_are_boxes_and_a_note() {
        let letters = Letters::of(Database::new());
        assert_eq!(letters.letter('图', Heft::Bold).face, None);
        assert!(letters.note().is_some_and(|note| note.contains("Chinese font")));
    }
}
