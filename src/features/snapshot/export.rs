//! Writing what was asked for, on a thread of its own.
//!
//! Data, models and packages are written from the city that is open, by the functions of the command. A picture needs
//! a renderer of its own beside the window's: the program draws it as a second process, from a project that is laid
//! out as the screen is, so that a failure there costs a message and not the window.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::offer::{Screen, wish};
use super::state::{Asked, PictureAsked, What};
use crate::city::CityLayer;
use crate::features::published::PublishReport;
use crate::formats::aside::Folder;
use crate::model::project::{Project, View};
use crate::model::{LayerStyle, Role};
use crate::place::Bounds;
use crate::report::Progress;
use crate::snapshot::package::{Extras, Recipients, lay_out, pack};
use crate::snapshot::page::drawing::Picture;
use crate::snapshot::page::words::Language;
use crate::snapshot::reports::{self, Made};
use crate::snapshot::{Wish, WishedLayer, take};

/// What belongs to a picture or a package besides the layers.
#[derive(Clone)]
pub struct Scene {
    /// The project as it now is.
    pub project: Project,
    /// Draw order: layer numbers, lowest first.
    pub order: Vec<usize>,
    /// Pictures of the ground by id, and whether they are shown.
    pub imagery: Vec<(String, bool)>,
    /// Where the camera stands, and the moment of the sun.
    pub view: View,
    /// The language of pages.
    pub language: Language,
    /// A report that another panel has made.
    pub given: Option<PublishReport>,
    /// The program that draws pictures: this one.
    pub program: PathBuf,
}

/// Writes what is asked for; what the user should know of it.
///
/// # Errors
/// Why nothing was written, for people.
pub fn export(screen: &Screen, scene: &Scene, asked: &Asked, progress: &Progress) -> Result<Vec<String>, String> {
    let wrong = |error: crate::snapshot::SnapshotError| error.to_string();
    match asked.what {
        What::Data | What::Model => {
            let mut wish = wish(screen, asked)?;
            // One body inside of another is no model of anything.
            let is_instead = |wished: &WishedLayer| screen.instead.contains(&wished.layer);
            if asked.what == What::Model && wish.layers.iter().any(is_instead) {
                leave_out_hidden(screen, &mut wish);
            }
            let taken = take(&screen.city, &wish, &asked.out, progress).map_err(wrong)?;
            Ok(taken.lines(scene.language))
        }
        What::Package => {
            let (mut wish, extras) = (drawn_in_order(wish(screen, asked)?, scene), scene.extras(screen, asked)?);
            // Nothing says when it is opened again that the one hides the other.
            let is_instead = |wished: &WishedLayer| screen.instead.contains(&wished.layer);
            let left = wish.layers.iter().filter(|wished| is_instead(wished)).count();
            wish.layers.retain(|wished| !is_instead(wished));
            let draw = |project: Project| -> Result<(View, Vec<u8>), String> {
                let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
                let out = folder.path().join("picture.png");
                let view = project.view.clone().unwrap_or_else(|| scene.view.clone());
                let asked = PictureAsked { around: false, ..PictureAsked::default() };
                scene.draw(
                    &project,
                    &out,
                    &Shot { asked: &asked, bounds: None, select: None, fit: false },
                    progress,
                )?;
                Ok((view, std::fs::read(&out).map_err(|error| error.to_string())?))
            };
            let extras = Extras { draw: Some(&draw), ..extras };
            let project = scene.shown();
            let taken = pack(&screen.city, &project, &wish, &extras, &asked.out, progress).map_err(wrong)?;
            let mut lines = taken.lines(scene.language);
            if left > 0 {
                let said = scene.language.pick(
                    "说明：替代现有建筑显示的方案建筑或剖切楼层不在数据包内；原建筑在内",
                    "note: what is proposed or cut open in the place of buildings is not in the package; the buildings are",
                );
                lines.push(said.to_owned());
            }
            Ok(lines)
        }
        What::Picture => picture(screen, scene, asked, false, progress),
        What::Report => report(screen, scene, asked, progress),
    }
}

/// Draws what is on the screen; `fit`: with the selected thing in the middle.
fn picture(
    screen: &Screen,
    scene: &Scene,
    asked: &Asked,
    fit: bool,
    progress: &Progress,
) -> Result<Vec<String>, String> {
    let visible = screen.visible.iter().enumerate().filter(|(_, visible)| **visible);
    let layers = visible.filter_map(|(number, _)| Some(screen.city.layers.get(number)?.layer.id.clone()));
    let all = Asked { layers: layers.collect(), what: What::Picture, ..Asked::default() };
    let mut wish = drawn_in_order(wish(screen, &all)?, scene);
    if fit {
        // What a picture is of is in it, also where something is shown in its place.
        wish.layers.retain(|wished| !screen.instead.contains(&wished.layer));
    } else {
        leave_out_hidden(screen, &mut wish);
    }
    let folder = Folder::create(&asked.out).map_err(|error| error.to_string())?;
    let extras = scene.extras(screen, &all)?;
    let laid = lay_out(&screen.city, &scene.shown(), &wish, &extras, folder.path(), &asked.out, progress);
    let laid = laid.map_err(|error| error.to_string())?;
    let select = screen.selected.and_then(|(layer, row)| {
        let place = wish.layers.iter().position(|wished| wished.layer == layer)?;
        // Filtered rows stand in the file in their order.
        let rows = wish.layers[place].rows.as_ref();
        let at = rows.map_or(Some(row as usize), |rows| rows.binary_search(&row).ok())?;
        Some((laid.ids.get(place)?.clone(), at))
    });
    let bounds = screen.seen.filter(|_| asked.picture.above);
    let shot = Shot { asked: &asked.picture, bounds, fit: fit && select.is_some(), select };
    scene.draw(&laid.project, &asked.out, &shot, progress)?;
    Ok(laid.taken.notes)
}

/// Leaves out rows that are not drawn because something is shown in their place.
fn leave_out_hidden(screen: &Screen, wish: &mut Wish) {
    for wished in &mut wish.layers {
        let hidden = screen.hidden.get(wished.layer).filter(|rows| !rows.is_empty());
        let Some((hidden, layer)) = hidden.zip(screen.city.layers.get(wished.layer)) else { continue };
        let rows = wished.rows.take().unwrap_or_else(|| (0..layer.rows()).collect());
        wished.rows = Some(rows.into_iter().filter(|row| hidden.binary_search(row).is_err()).collect());
    }
}

/// What a picture shows.
struct Shot<'a> {
    asked: &'a PictureAsked,
    /// The box of a map, project CRS.
    bounds: Option<Bounds>,
    /// What is highlighted: layer and row.
    select: Option<(String, usize)>,
    /// Whether that is in the middle, and not what the project's view looks at.
    fit: bool,
}

/// The wish with its layers as they are drawn, the lowest first.
fn drawn_in_order(mut wish: Wish, scene: &Scene) -> Wish {
    let place = |layer: usize| scene.order.iter().position(|other| *other == layer).unwrap_or(usize::MAX);
    wish.layers.sort_by_key(|wished| place(wished.layer));
    wish
}

impl Scene {
    /// The project with its pictures of the ground as they are shown.
    fn shown(&self) -> Project {
        let mut project = self.project.clone();
        for layer in &mut project.layers {
            let known = self.imagery.iter().find(|(id, _)| *id == layer.id);
            layer.visible = known.map_or(layer.visible, |(_, visible)| *visible);
        }
        project
    }

    fn extras(&self, screen: &Screen, asked: &Asked) -> Result<Extras<'static>, String> {
        let recipients = match asked.recipient.trim() {
            "" => None,
            key => Some(Recipients::parse(&[key.to_owned()])?),
        };
        let styles: HashMap<usize, LayerStyle> = screen.styles.iter().cloned().enumerate().collect();
        let visible = screen.visible.iter().copied().enumerate().collect();
        Ok(Extras { view: Some(self.view.clone()), styles, visible, recipients, ..Extras::default() })
    }

    /// Draws a project that is laid out in its folder.
    fn draw(&self, project: &Project, out: &Path, shot: &Shot<'_>, progress: &Progress) -> Result<(), String> {
        let asked = shot.asked;
        let mut command = Command::new(&self.program);
        command.arg("render").arg(project.folder.join("project.toml")).arg("--out").arg(out);
        command.arg("--size").arg(format!("{}x{}", asked.size[0], asked.size[1]));
        command.arg("--lang").arg(self.language.pick("zh", "en"));
        let sheet = out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("pdf"));
        if asked.above {
            command.arg("--ortho");
            if let Some(Bounds { min: [x1, y1], max: [x2, y2] }) = shot.bounds {
                command.arg(format!("--bbox={x1},{y1},{x2},{y2}"));
            }
        }
        if sheet {
            command.arg("--paper").arg(format!("{:?}", asked.paper));
            if asked.upright {
                command.arg("--portrait");
            }
        } else if asked.around {
            command.arg("--legend");
        }
        if !asked.title.trim().is_empty() {
            command.arg(format!("--title={}", asked.title.trim()));
        }
        if let Some((layer, row)) = &shot.select {
            let named = format!("{layer}:#{row}");
            command.arg("--select").arg(&named);
            if shot.fit {
                command.arg("--fit").arg(&named);
            }
        }
        progress.stage("drawing", 0);
        finish(command, progress)
    }
}

/// Runs the program to its end; what it says where it fails.
fn finish(mut command: Command, progress: &Progress) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let said = folder.path().join("said");
    let to = std::fs::File::create(&said).map_err(|error| error.to_string())?;
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(to).spawn();
    let mut child = Ending(child.map_err(|error| format!("{program} cannot be started: {error}"))?);
    loop {
        match child.0.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => {
                let said = std::fs::read_to_string(&said).unwrap_or_default();
                let last = said.lines().rev().find_map(|line| line.trim().strip_prefix("cimbase: "));
                return Err(last.map_or_else(|| format!("drawing ended with {status}"), str::to_owned));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(50)),
            Err(error) => return Err(error.to_string()),
        }
        progress.at(0).map_err(|_| "cancelled")?;
    }
}

/// A process that does not outlive whoever waits for it.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        // Of one that has ended already both fail, which is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The layer whose features have reports, and of which kind.
pub fn reported(layer: &CityLayer) -> bool {
    matches!(layer.layer.role, Role::Parcel | Role::Building)
}

/// The bytes of a map around a place, as PNG.
fn map_around(screen: &Screen, scene: &Scene, place: [f64; 2], progress: &Progress) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let out = folder.path().join("map.png");
    let asked = PictureAsked { size: reports::MAP, above: true, around: false, ..PictureAsked::default() };
    let near = Asked { what: What::Picture, out: out.clone(), picture: asked, ..Asked::default() };
    let screen = Screen { seen: Some(reports::around(place)), selected: None, ..screen.clone() };
    picture(&screen, scene, &near, false, progress)?;
    std::fs::read(&out).map_err(|error| error.to_string())
}

/// The report of what is selected.
fn report(screen: &Screen, scene: &Scene, asked: &Asked, progress: &Progress) -> Result<Vec<String>, String> {
    if let Some(PublishReport { report, made, place }) = &scene.given {
        let (mut report, mut notes) = (report.as_ref().clone(), Vec::new());
        if let Some(place) = place.filter(|_| !screen.city.layers.is_empty()) {
            match map_around(screen, scene, place, progress) {
                Ok(bytes) => notes.extend(reports::illustrate_place(&mut report, &bytes).err()),
                Err(reason) => notes.push(format!("there is no map in the report: {reason}")),
            }
        }
        progress.at(0).map_err(|_| "cancelled")?;
        reports::write(&report, made, &asked.out, progress).map_err(|error| error.to_string())?;
        return Ok(notes);
    }
    let none = || "nothing is selected that has a report".to_owned();
    let (number, row) = screen.selected.ok_or_else(none)?;
    let city = &screen.plain;
    let layer: &Arc<CityLayer> = city.layers.get(number).ok_or_else(none)?;
    let made = Made::now(&city.title, scene.language);
    progress.stage("asking", 0);
    let mut report = match layer.layer.role {
        Role::Parcel => reports::of_parcel(city, row, &made)?,
        Role::Building => reports::of_building(city, layer, row, screen.unmasked, &made)?,
        _ => return Err(none()),
    };
    let mut notes = Vec::new();
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let out = folder.path().join("picture.jpg");
    let near = Asked {
        what: What::Picture,
        out: out.clone(),
        picture: PictureAsked { size: [1280, 800], around: false, ..PictureAsked::default() },
        ..Asked::default()
    };
    let drawn = picture(screen, scene, &near, true, progress)
        .and_then(|_| std::fs::read(&out).map_err(|error| error.to_string()));
    progress.at(0).map_err(|_| "cancelled")?;
    match drawn.map(Picture::jpeg) {
        Ok(Some(picture)) => reports::illustrate(&mut report, picture, String::new()),
        Ok(None) => notes.push("there is no picture in the report".to_owned()),
        Err(reason) => notes.push(format!("there is no picture in the report: {reason}")),
    }
    reports::write(&report, &made, &asked.out, progress).map_err(|error| error.to_string())?;
    Ok(notes)
}
