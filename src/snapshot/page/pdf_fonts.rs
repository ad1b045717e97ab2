//! Fonts inside a PDF: of each face the glyphs in use, and what they say.

use std::collections::HashMap;
use std::sync::Arc;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Chunk, Content, Filter, Finish, Name, Rect, Ref, Settings, Str};
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::TableProvider;
use skrifa::{FontRef, MetadataProvider, Tag};
use subsetter::GlyphRemapper;

use super::drawing::Drawing;
use super::letters::{Face, Letter, Letters, Stroke};
use super::pdf::all_letters;
use super::pdf_images::packed;

/// Glyphs of a font whose codes are one byte; the first code stays free.
const SMALL: usize = 255;

/// The faces of a document.
pub struct Fonts {
    used: Vec<Used>,
    by_face: HashMap<(usize, usize), usize>,
}

/// A face in use.
struct Used {
    name: String,
    letters: Arc<Letters>,
    number: usize,
    face: Arc<Face>,
    /// Its glyphs in the order of their first use, and the letter that each was first used for.
    glyphs: Vec<(u32, char)>,
    places: HashMap<u32, usize>,
    /// Whether its glyphs are written as drawings, because its file cannot be cut down: variable fonts.
    drawn: bool,
}

impl Fonts {
    /// Those that pages are written with.
    pub fn of(pages: &[Drawing]) -> Self {
        let mut fonts = Self { used: Vec::new(), by_face: HashMap::new() };
        for (letters, letter) in all_letters(pages) {
            if letter.face.is_some() {
                fonts.add(letters, letter);
            } else {
                fonts.add(letters, &letters.space());
            }
        }
        fonts
    }

    /// The same with all glyphs as drawings, as those of variable fonts are.
    #[cfg(test)]
    pub fn drawn(mut self) -> Self {
        self.used.iter_mut().for_each(|used| used.drawn = true);
        self
    }

    fn add(&mut self, letters: &Arc<Letters>, letter: &Letter) {
        let Some(number) = letter.face else { return };
        let key = (Arc::as_ptr(letters) as usize, number);
        let at = match self.by_face.get(&key) {
            Some(at) => *at,
            None => {
                let Some(face) = letters.face(number) else { return };
                let drawn = !face.is_plain() || !can_be_cut(&face, letter.glyph);
                self.used.push(Used {
                    name: format!("F{}", self.used.len()),
                    letters: letters.clone(),
                    number,
                    face,
                    glyphs: Vec::new(),
                    places: HashMap::new(),
                    drawn,
                });
                self.by_face.insert(key, self.used.len() - 1);
                self.used.len() - 1
            }
        };
        let used = &mut self.used[at];
        if !used.places.contains_key(&letter.glyph) {
            used.places.insert(letter.glyph, used.glyphs.len());
            used.glyphs.push((letter.glyph, letter.char));
        }
    }

    /// The name of a letter's font and its code there.
    pub fn code(&self, letters: &Arc<Letters>, letter: &Letter) -> Option<(String, Vec<u8>)> {
        let key = (Arc::as_ptr(letters) as usize, letter.face?);
        let used = &self.used[*self.by_face.get(&key)?];
        let place = *used.places.get(&letter.glyph)?;
        Some(match used.drawn {
            true => (format!("{}x{}", used.name, place / SMALL), vec![(place % SMALL + 1) as u8]),
            false => (used.name.clone(), code_of(place).to_be_bytes().to_vec()),
        })
    }

    /// Writes them; their names and where they are.
    pub fn write(&self, chunk: &mut Chunk, next: &mut Ref) -> Vec<(String, Ref)> {
        let mut named = Vec::new();
        for used in &self.used {
            if used.drawn {
                for (number, glyphs) in used.glyphs.chunks(SMALL).enumerate() {
                    named.push((format!("{}x{number}", used.name), used.draw(chunk, next, glyphs)));
                }
            } else if let Some(id) = used.embed(chunk, next) {
                named.push((used.name.clone(), id));
            }
        }
        named
    }
}

/// Whether a face can be cut down to its glyphs in use.
fn can_be_cut(face: &Face, glyph: u32) -> bool {
    let Ok(glyph) = u16::try_from(glyph) else { return false };
    subsetter::subset(face.bytes(), face.index, &GlyphRemapper::new_from_glyphs(&[glyph])).is_ok()
}

/// A subset's glyphs are numbered in order, after the one for what is missing, which no letter has.
fn code_of(place: usize) -> u16 {
    (place + 1) as u16
}

impl Used {
    fn embed(&self, chunk: &mut Chunk, next: &mut Ref) -> Option<Ref> {
        let glyphs: Vec<u16> = self.glyphs.iter().filter_map(|(glyph, _)| u16::try_from(*glyph).ok()).collect();
        let remapper = GlyphRemapper::new_from_glyphs(&glyphs);
        let cut = subsetter::subset(self.face.bytes(), self.face.index, &remapper).ok()?;
        let font = self.face.font()?;
        let is_cff = font.cff().is_ok();
        // Of an OpenType font with PostScript outlines PDF wants these alone.
        let outlines = FontRef::new(&cut).ok().and_then(|cut| cut.table_data(Tag::new(b"CFF ")));
        let stored = if is_cff { outlines.map(|table| table.as_bytes())? } else { &cut };

        let (top, cid, descriptor, cmap, file) = (next.bump(), next.bump(), next.bump(), next.bump(), next.bump());
        let name = self.tagged(&glyphs);
        let info = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
        let encoded = if is_cff { format!("{name}-Identity-H") } else { name.clone() };
        let mut font0 = chunk.type0_font(top);
        font0.base_font(Name(encoded.as_bytes())).encoding_predefined(Name(b"Identity-H"));
        font0.descendant_font(cid).to_unicode(cmap);
        font0.finish();

        let mut font1 = chunk.cid_font(cid);
        font1.subtype(if is_cff { CidFontType::Type0 } else { CidFontType::Type2 });
        font1.base_font(Name(name.as_bytes())).system_info(info).font_descriptor(descriptor).default_width(0.0);
        if !is_cff {
            font1.cid_to_gid_map_predefined(Name(b"Identity"));
        }
        let width = |glyph: u32| (self.face.advance(glyph) * 1000.0) as f32;
        font1.widths().consecutive(code_of(0), self.glyphs.iter().map(|(glyph, _)| width(*glyph)));
        font1.finish();

        let metrics = font.metrics(Size::unscaled(), LocationRef::default());
        let of = |units: f32| (f64::from(units) * 1000.0 / self.face.em) as f32;
        let bounds = metrics.bounds.unwrap_or_default();
        let mut described = chunk.font_descriptor(descriptor);
        described.name(Name(name.as_bytes())).flags(FontFlags::SYMBOLIC).italic_angle(0.0).stem_v(80.0);
        described.bbox(Rect::new(of(bounds.x_min), of(bounds.y_min), of(bounds.x_max), of(bounds.y_max)));
        described.ascent(of(metrics.ascent)).descent(of(metrics.descent));
        described.cap_height(of(metrics.cap_height.unwrap_or(metrics.ascent)));
        if is_cff {
            described.font_file3(file);
        } else {
            described.font_file2(file);
        }
        described.finish();

        let mut says = UnicodeCmap::new(Name(b"Says"), info);
        for (place, (_, char)) in self.glyphs.iter().enumerate() {
            says.pair(code_of(place), *char);
        }
        let says = packed(says.finish().as_slice());
        chunk.cmap(cmap, &says).filter(Filter::FlateDecode);
        let data = packed(stored);
        let mut stream = chunk.stream(file, &data);
        stream.filter(Filter::FlateDecode);
        if is_cff {
            stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        } else {
            stream.pair(Name(b"Length1"), stored.len() as i32);
        }
        stream.finish();
        Some(top)
    }

    /// A subset's name begins with six letters that say which one it is.
    fn tagged(&self, glyphs: &[u16]) -> String {
        // FNV-1a.
        let mix = |sum: u64, glyph: &u16| (sum ^ u64::from(*glyph)).wrapping_mul(0x100_0000_01B3);
        let mut number = glyphs.iter().fold(0xCBF2_9CE4_8422_2325, mix);
        let mut tag = String::new();
        for _ in 0..6 {
            tag.push(char::from(b'A' + (number % 26) as u8));
            number /= 26;
        }
        let plain: String = self.face.name.chars().filter(char::is_ascii_graphic).collect();
        format!("{tag}+{}", if plain.is_empty() { "Font" } else { &plain })
    }

    /// Glyphs as a font of drawings (Type 3).
    fn draw(&self, chunk: &mut Chunk, next: &mut Ref, glyphs: &[(u32, char)]) -> Ref {
        let (id, cmap) = (next.bump(), next.bump());
        let named: Vec<(String, Ref)> = (1..=glyphs.len()).map(|code| (format!("g{code}"), next.bump())).collect();
        let unit = |at: [f64; 2]| at.map(|v| (v * 1000.0) as f32);
        for ((glyph, _), (_, proc)) in glyphs.iter().zip(&named) {
            let mut content = Content::with_settings(Settings { pretty: false });
            let advance = (self.face.advance(*glyph) * 1000.0) as f32;
            content.start_shape_glyph(advance, -1000.0, -1000.0, 2000.0, 2000.0);
            let mut last = [0.0; 2];
            let outline = self.letters.outline(self.number, *glyph);
            for stroke in outline.iter() {
                match *stroke {
                    Stroke::Move(to) => {
                        let [x, y] = unit(to);
                        content.move_to(x, y);
                        last = to;
                    }
                    Stroke::Line(to) => {
                        let [x, y] = unit(to);
                        content.line_to(x, y);
                        last = to;
                    }
                    Stroke::Quad(by, to) => {
                        // The same curve with two control points.
                        let near = |end: [f64; 2]| [0, 1].map(|k| end[k] + (by[k] - end[k]) * 2.0 / 3.0);
                        let ([ax, ay], [bx, by], [x, y]) = (unit(near(last)), unit(near(to)), unit(to));
                        content.cubic_to(ax, ay, bx, by, x, y);
                        last = to;
                    }
                    Stroke::Cubic(a, b, to) => {
                        let ([ax, ay], [bx, by], [x, y]) = (unit(a), unit(b), unit(to));
                        content.cubic_to(ax, ay, bx, by, x, y);
                        last = to;
                    }
                    Stroke::Close => {
                        content.close_path();
                    }
                }
            }
            if outline.is_empty() {
                content.end_path();
            } else {
                content.fill_nonzero();
            }
            let data = packed(content.finish().as_slice());
            chunk.stream(*proc, &data).filter(Filter::FlateDecode);
        }
        let mut font = chunk.type3_font(id);
        let name = format!("{}{}", self.face.name, id.get());
        font.name(Name(name.as_bytes()));
        font.bbox(Rect::new(-1000.0, -1000.0, 2000.0, 2000.0)).matrix([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]);
        let mut procs = font.char_procs();
        for (name, proc) in &named {
            procs.pair(Name(name.as_bytes()), *proc);
        }
        procs.finish();
        font.encoding_custom().differences().consecutive(1, named.iter().map(|(name, _)| Name(name.as_bytes())));
        font.first_char(1).last_char(glyphs.len() as u8);
        font.widths(glyphs.iter().map(|(glyph, _)| (self.face.advance(*glyph) * 1000.0) as f32));
        font.to_unicode(cmap);
        font.resources();
        font.finish();
        let info = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"UCS"), supplement: 0 };
        let mut says: UnicodeCmap<u8> = UnicodeCmap::new(Name(b"Says"), info);
        for (place, (_, char)) in glyphs.iter().enumerate() {
            says.pair((place + 1) as u8, *char);
        }
        let says = packed(says.finish().as_slice());
        chunk.cmap(cmap, &says).filter(Filter::FlateDecode);
        id
    }
}
