//! Pages as a PDF: shapes as shapes, text as text with the glyphs in use embedded, pictures compressed.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use jiff::Zoned;
use pdf_writer::types::LineJoinStyle;
use pdf_writer::{Content, Date, Filter, Finish, Name, Pdf, Rect, Ref, Settings, Str, TextStr};

use super::drawing::{Area, Drawing, Op, Picture, Pixels, Stroke};
use super::letters::{Letter, Letters};
use super::pdf_fonts::Fonts;
use super::pdf_images;
use super::raster::missing;
use super::words::Language;
use crate::formats::WriteError;
use crate::formats::aside::write_aside;
use crate::report::{Cancelled, Progress};

/// Points in a millimetre.
pub(super) const POINTS: f64 = 72.0 / 25.4;

/// What a document says of itself.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Its title.
    pub title: String,
    /// Who made it.
    pub author: String,
    /// What it is about.
    pub subject: String,
    /// The program that it was made with.
    pub made_with: String,
    /// Its language.
    pub language: Language,
    /// When it was made.
    pub date: Option<Zoned>,
    /// What the list of contents calls each page, from the first one on; no list where it is empty.
    pub marks: Vec<String>,
}

/// Writes pages into a PDF file, aside and renamed.
///
/// # Errors
/// [`WriteError`] when the file cannot be written, or the user stopped it; nothing is left behind then.
pub fn write(pages: &[Drawing], about: &About, path: &Path, progress: &Progress) -> Result<(), WriteError> {
    let bytes = document(pages, about, progress).map_err(|_| WriteError::cancelled(path))?;
    write_aside(path, |out| out.write_all(&bytes).map_err(|error| WriteError::new(path, error)))
}

/// The bytes of a PDF (version 1.7).
///
/// # Errors
/// [`Cancelled`] by the user.
pub fn document(pages: &[Drawing], about: &About, progress: &Progress) -> Result<Vec<u8>, Cancelled> {
    with_fonts(pages, Fonts::of(pages), about, progress)
}

pub(super) fn with_fonts(
    pages: &[Drawing],
    fonts: Fonts,
    about: &About,
    progress: &Progress,
) -> Result<Vec<u8>, Cancelled> {
    let mut next = Ref::new(1);
    let mut pdf = Pdf::with_settings(Settings { pretty: false });
    let (catalog, tree, info, metadata) = (next.bump(), next.bump(), next.bump(), next.bump());
    let mut writer = Writer { fonts, pictures: HashMap::new(), opacities: Vec::new(), next };
    progress.stage("writing pages".to_owned(), pages.len() as u64);
    let mut contents = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        progress.at(number as u64)?;
        let content = writer.content(page);
        contents.push((page, content, writer.next.bump(), writer.next.bump()));
    }
    // Pictures are written as they come, so that only one is compressed in memory beside the file.
    let mut pictures: Vec<(Ref, Picture)> = writer.pictures.values().cloned().collect();
    pictures.sort_by_key(|(id, _)| id.get());
    for (id, picture) in &pictures {
        pdf_images::write(&mut pdf, *id, &mut writer.next, picture, progress)?;
    }
    let fonts = writer.fonts.write(&mut pdf, &mut writer.next);
    let opacities: Vec<(u8, Ref)> = writer.opacities.iter().map(|opacity| (*opacity, writer.next.bump())).collect();
    for (opacity, id) in &opacities {
        let part = f32::from(*opacity) / 255.0;
        pdf.ext_graphics(*id).non_stroking_alpha(part).stroking_alpha(part);
    }
    let mut kids = pdf.pages(tree);
    kids.kids(contents.iter().map(|(_, _, page, _)| *page)).count(contents.len() as i32);
    let mut resources = kids.resources();
    let mut named = resources.fonts();
    for (name, id) in &fonts {
        named.pair(Name(name.as_bytes()), *id);
    }
    named.finish();
    let mut named = resources.x_objects();
    for (id, _) in &pictures {
        named.pair(Name(picture_name(*id).as_bytes()), *id);
    }
    named.finish();
    let mut named = resources.ext_g_states();
    for (opacity, id) in &opacities {
        named.pair(Name(opacity_name(*opacity).as_bytes()), *id);
    }
    named.finish();
    resources.finish();
    kids.finish();
    for (page, content, id, stream) in &contents {
        let packed = pdf_images::packed(content);
        pdf.stream(*stream, &packed).filter(Filter::FlateDecode);
        let mut written = pdf.page(*id);
        written.media_box(Rect::new(0.0, 0.0, points(page.width), points(page.height)));
        written.parent(tree).contents(*stream);
        // Colours are mixed as they are on the screen.
        written.group().transparency().color_space().device_rgb();
    }
    say(&mut pdf, about, info, metadata);
    let pages: Vec<(Ref, f64)> = contents.iter().map(|(page, _, id, _)| (*id, page.height)).collect();
    let outline = list_of_contents(&mut pdf, &mut writer.next, &about.marks, &pages);
    let mut root = pdf.catalog(catalog);
    if let Some(outline) = outline {
        root.outlines(outline);
    }
    root.pages(tree).metadata(metadata).lang(TextStr(about.language.tag()));
    root.viewer_preferences().display_doc_title(true);
    root.finish();
    Ok(pdf.finish())
}

/// The list beside the pages that leads to each; `pages` are their references and heights (mm).
fn list_of_contents(pdf: &mut Pdf, next: &mut Ref, marks: &[String], pages: &[(Ref, f64)]) -> Option<Ref> {
    let count = marks.len().min(pages.len());
    if count == 0 {
        return None;
    }
    let list = next.bump();
    let items: Vec<Ref> = (0..count).map(|_| next.bump()).collect();
    let mut outline = pdf.outline(list);
    outline.first(items[0]).last(items[count - 1]).count(count as i32);
    outline.finish();
    for (number, id) in items.iter().enumerate() {
        let mut item = pdf.outline_item(*id);
        let title = super::lines::clean(&marks[number]).replace('\n', " ");
        item.title(TextStr(&title)).parent(list);
        if number > 0 {
            item.prev(items[number - 1]);
        }
        if let Some(after) = items.get(number + 1) {
            item.next(*after);
        }
        let (page, height) = pages[number];
        item.dest().page(page).xyz(0.0, points(height), None);
    }
    Some(list)
}

fn points(mm: f64) -> f32 {
    (mm * POINTS) as f32
}

fn picture_name(id: Ref) -> String {
    format!("I{}", id.get())
}

fn opacity_name(opacity: u8) -> String {
    format!("A{opacity}")
}

/// What the document says of itself: twice, for old and for new readers.
fn say(pdf: &mut Pdf, about: &About, info: Ref, metadata: Ref) {
    let mut written = pdf.document_info(info);
    let fields = [&about.title, &about.author, &about.subject, &about.made_with];
    let [title, author, subject, made_with] = fields.map(|text| super::lines::clean(text).replace('\n', " "));
    written.title(TextStr(&title)).producer(TextStr(&made_with)).creator(TextStr(&made_with));
    if !author.is_empty() {
        written.author(TextStr(&author));
    }
    if !subject.is_empty() {
        written.subject(TextStr(&subject));
    }
    if let Some(date) = &about.date {
        written.creation_date(date_of(date));
    }
    written.finish();
    let escape = super::html::escape;
    let mut properties = format!(
        "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{}</rdf:li></rdf:Alt></dc:title>\
         <dc:language><rdf:Bag><rdf:li>{}</rdf:li></rdf:Bag></dc:language>\
         <pdf:Producer>{}</pdf:Producer>",
        escape(&title),
        about.language.tag(),
        escape(&made_with)
    );
    if !author.is_empty() {
        let author = escape(&author);
        properties += &format!("<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>");
    }
    if let Some(date) = &about.date {
        let date = date.strftime("%Y-%m-%dT%H:%M:%S%:z");
        properties += &format!("<xmp:CreateDate>{date}</xmp:CreateDate>");
    }
    let packet = format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\">{properties}\
         </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>"
    );
    pdf.metadata(metadata, packet.as_bytes());
}

fn date_of(date: &Zoned) -> Date {
    let offset = date.offset().seconds() / 60;
    let written = Date::new(u16::try_from(date.year()).unwrap_or(0))
        .month(date.month() as u8)
        .day(date.day() as u8)
        .hour(date.hour() as u8)
        .minute(date.minute() as u8)
        .second(date.second() as u8);
    written.utc_offset_hour((offset / 60) as i8).utc_offset_minute((offset % 60).unsigned_abs() as u8)
}

struct Writer {
    fonts: Fonts,
    /// By where their bytes are: a picture on ten pages is written once.
    pictures: HashMap<usize, (Ref, Picture)>,
    opacities: Vec<u8>,
    next: Ref,
}

impl Writer {
    fn content(&mut self, page: &Drawing) -> Vec<u8> {
        let mut content = Content::with_settings(Settings { pretty: false });
        let mut opacity = 255;
        for op in &page.ops {
            match op {
                Op::Shape { points, closed, fill, stroke } => {
                    if let Some(colour) = fill {
                        self.opacity(&mut content, &mut opacity, colour[3]);
                        let [r, g, b] = part(colour);
                        content.set_fill_rgb(r, g, b);
                        path(&mut content, page, points, true);
                        content.fill_nonzero();
                    }
                    if let Some(Stroke { colour, width }) = stroke {
                        self.opacity(&mut content, &mut opacity, colour[3]);
                        let [r, g, b] = part(colour);
                        let frame = *closed && points.len() == 4;
                        let join = if frame { LineJoinStyle::MiterJoin } else { LineJoinStyle::RoundJoin };
                        content.set_stroke_rgb(r, g, b).set_line_width(self::points(*width)).set_line_join(join);
                        path(&mut content, page, points, *closed);
                        content.stroke();
                    }
                }
                Op::Text { at, size, colour, turn, letters } => {
                    self.opacity(&mut content, &mut opacity, colour[3]);
                    let [r, g, b] = part(colour);
                    content.set_fill_rgb(r, g, b);
                    self.text(&mut content, page, &Set { at: *at, size: *size, turn: *turn }, letters);
                }
                Op::Picture { picture, area } => {
                    self.opacity(&mut content, &mut opacity, 255);
                    self.picture(&mut content, page, picture, area);
                }
            }
        }
        content.finish().into_vec()
    }

    fn opacity(&mut self, content: &mut Content, now: &mut u8, wanted: u8) {
        if *now != wanted {
            content.set_parameters(Name(opacity_name(wanted).as_bytes()));
            *now = wanted;
            if !self.opacities.contains(&wanted) {
                self.opacities.push(wanted);
            }
        }
    }

    fn text(&mut self, content: &mut Content, page: &Drawing, set: &Set, letters: &[Letter]) {
        let mut pen = 0.0;
        for run in letters.chunk_by(|a, b| a.face.is_some() && b.face.is_some()) {
            let begin = pen;
            pen += run.iter().map(|letter| letter.advance).sum::<f64>();
            if run[0].face.is_some() {
                self.run(content, page, set, begin, run);
                continue;
            }
            for contour in missing(begin, run[0].advance) {
                let corners = contour.map(|corner| set.to_page(corner));
                path(content, page, &corners, true);
            }
            content.fill_even_odd();
            // What is read is the letter itself, wherever a space can be written to hold it.
            let space = page.letters.space();
            if space.face.is_some() {
                let text = run[0].char.to_string();
                let mut span = content.begin_marked_content_with_properties(Name(b"Span"));
                span.properties().actual_text(TextStr(&text));
                span.finish();
                self.run(content, page, set, begin, &[space]);
                content.end_marked_content();
            }
        }
    }

    fn run(&mut self, content: &mut Content, page: &Drawing, set: &Set, begin: f64, run: &[Letter]) {
        let (sin, cos) = set.turn.to_radians().sin_cos();
        let [x, y] = set.to_page([begin, 0.0]);
        let (x, y) = (points(x), points(page.height - y));
        let (sin, cos) = (sin as f32, cos as f32);
        content.begin_text().set_text_matrix([cos, sin, -sin, cos, x, y]);
        let mut name = String::new();
        let mut shown: Vec<u8> = Vec::new();
        for letter in run {
            let Some((font, code)) = self.fonts.code(&page.letters, letter) else { continue };
            if font != name {
                if !shown.is_empty() {
                    content.show(Str(&shown));
                    shown.clear();
                }
                content.set_font(Name(font.as_bytes()), points(set.size));
                name = font;
            }
            shown.extend(code);
        }
        if !shown.is_empty() {
            content.show(Str(&shown));
        }
        content.end_text();
    }

    fn picture(&mut self, content: &mut Content, page: &Drawing, picture: &Picture, area: &Area) {
        let (Pixels::Rgba(bytes) | Pixels::Jpeg(bytes)) = &picture.data;
        let key = Arc::as_ptr(bytes).cast::<u8>() as usize;
        let next = &mut self.next;
        let (id, _) = self.pictures.entry(key).or_insert_with(|| (next.bump(), picture.clone()));
        let place = [points(area.x), points(page.height - area.bottom())];
        content.save_state();
        content.transform([points(area.width), 0.0, 0.0, points(area.height), place[0], place[1]]);
        content.x_object(Name(picture_name(*id).as_bytes()));
        content.restore_state();
    }
}

/// Where a line of text stands.
struct Set {
    at: [f64; 2],
    size: f64,
    turn: f64,
}

impl Set {
    /// From sizes of the letters along the line to the page, mm.
    fn to_page(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (sin, cos) = self.turn.to_radians().sin_cos();
        let (x, y) = (x * self.size, y * self.size);
        [self.at[0] + x * cos - y * sin, self.at[1] - x * sin - y * cos]
    }
}

fn part(colour: &[u8; 4]) -> [f32; 3] {
    [0, 1, 2].map(|k| f32::from(colour[k]) / 255.0)
}

fn path(content: &mut Content, page: &Drawing, corners: &[[f64; 2]], closed: bool) {
    for (number, corner) in corners.iter().enumerate() {
        let (x, y) = (points(corner[0]), points(page.height - corner[1]));
        if number == 0 {
            content.move_to(x, y);
        } else {
            content.line_to(x, y);
        }
    }
    if closed && !corners.is_empty() {
        content.close_path();
    }
}

/// The letters of pages, each once.
pub(super) fn all_letters(pages: &[Drawing]) -> impl Iterator<Item = (&Arc<Letters>, &Letter)> {
    pages.iter().flat_map(|page| {
        page.ops.iter().flat_map(move |op| {
            let set = if let Op::Text { letters, .. } = op { letters.as_slice() } else { &[] };
            set.iter().map(move |letter| (&page.letters, letter))
        })
    })
}
