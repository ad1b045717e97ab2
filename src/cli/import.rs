//! The `import` command: files become layers of a project's folder.
//!
//! 1. a file that is big by its size is converted as a stream ([`stream`]), or copied where it is what a
//!    conversion would make;
//! 2. any other is opened as the viewer would open it, so that what cannot be shown is refused here; it is
//!    converted to FlatGeobuf in the project CRS when it turns out to be big, else copied as it is;
//! 3. `project.toml` gets a `[[layer]]` at its end: what a person wrote there stays as it is. It is written
//!    last: until then nothing that was there has changed, and what fails takes its files with it.

mod block;
mod copy;
mod made;
mod stream;

use std::fs;
use std::path::{Path, PathBuf};

use self::block::{block, text_value};
use self::made::Made;
use super::args::ImportArgs;
use super::exit::{Exit, Failure};
use super::output::{print, say, say_report, stop_at_interrupt, with_progress, write_file};
use super::source;
use crate::city::{City, CityError, CityLayer};
use crate::formats::flatgeobuf::SortedWriter;
use crate::model::Role;
use crate::model::project::{Project, ProjectLayer};
use crate::place::Crs;
use crate::report::Severity;
use crate::units::grouped;

/// From so many rows or vertices on, a source is converted: text of this size takes longer to read
/// than a person waits.
const BIG: (usize, usize) = (50_000, 1_000_000);

/// Runs the command. What can be added is added even when another file fails.
///
/// # Errors
/// [`Failure`]: a file that cannot be read (3), a folder that cannot be written (4).
pub fn run(args: &ImportArgs) -> Result<Exit, Failure> {
    for file in &args.files {
        source::check(file)?;
    }
    if args.layer.is_some() && args.files.len() > 1 {
        return Err(Failure::arguments("--layer names a layer of one file; several files are given"));
    }
    stop_at_interrupt();
    let mut target = Target::open(&args.into)?;
    let mut failed = 0;
    for file in &args.files {
        match source::here(file).and_then(|file| target.try_add(&file, args)) {
            Ok(()) => {}
            Err(failure) if args.files.len() == 1 || failure.exit == Exit::Output => return Err(failure),
            Err(failure) => {
                say(format_args!("cimbase: {failure}"));
                failed += 1;
            }
        }
    }
    target.write()?;
    if !target.added.is_empty() {
        target.made.keep();
    }
    print(|out| target.added.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    match failed {
        0 => Ok(Exit::Done),
        n => Err(Failure::input(format!("{n} of {} files were not added", args.files.len()))),
    }
}

/// The project that grows.
struct Target {
    folder: PathBuf,
    project: Project,
    text: String,
    added: Vec<String>,
    made: Made,
}

impl Target {
    fn open(folder: &Path) -> Result<Self, Failure> {
        let mut made = Made::default();
        made.folder(folder)
            .map_err(|error| Failure::output(format!("cannot make the folder {}: {error}", folder.display())))?;
        let file = folder.join("project.toml");
        let (project, text) = if file.exists() {
            let project = Project::read(&file).map_err(|error| Failure::input(error.to_string()))?;
            let text = fs::read_to_string(&file)
                .map_err(|error| Failure::input(format!("cannot read {}: {error}", file.display())))?;
            (project, text)
        } else {
            (Project::default(), String::new())
        };
        Ok(Self { folder: folder.to_owned(), project, text, added: Vec::new(), made })
    }

    /// Adds a file, or leaves everything as it was.
    fn try_add(&mut self, file: &Path, args: &ImportArgs) -> Result<(), Failure> {
        let (text, crs) = (self.text.clone(), self.project.crs.clone());
        let (layers, added, made) = (self.project.layers.len(), self.added.len(), self.made.mark());
        let done = self.add(file, args);
        if done.is_err() {
            (self.text, self.project.crs) = (text, crs);
            self.project.layers.truncate(layers);
            self.added.truncate(added);
            self.made.undo(made);
        }
        done
    }

    fn add(&mut self, file: &Path, args: &ImportArgs) -> Result<(), Failure> {
        if self.stream(file, args)? {
            return Ok(());
        }
        let city = self.preview(file, args)?;
        let big = city.layers.iter().any(|layer| is_big(layer) && layer.layer.format != "FlatGeobuf");
        self.begin(&city.crs);
        if big { self.convert(&city, args) } else { self.keep(file, &city, args) }
    }

    /// The file alone, opened with what the user says about it, in the project's CRS.
    fn preview(&self, file: &Path, args: &ImportArgs) -> Result<City, Failure> {
        let mut alone = Project::of_files(&[file.to_owned()]);
        alone.crs = self.project.crs.clone();
        for layer in &mut alone.layers {
            layer.layer_name = args.layer.clone();
            layer.role = args.role;
            layer.crs = args.crs.clone();
            layer.offset = args.offset.clone();
            layer.encoding = args.encoding.clone();
            layer.fields = args.fields.iter().cloned().collect();
        }
        let city = with_progress(|progress| City::open(&alone, progress)).map_err(|error| match error {
            CityError::Cancelled => stopped(),
            other => Failure::input(other.to_string()),
        })?;
        say_report(&city.report);
        for layer in &city.layers {
            say_report(&layer.layer.report);
            let fields: Vec<&str> = layer.layer.table.fields.iter().map(|field| field.name.as_str()).collect();
            check_fields(file, args, &fields)?;
        }
        let worst = city.report.issues.iter().find(|issue| issue.severity == Severity::Error);
        match worst {
            Some(issue) if city.layers.is_empty() && city.terrain.is_none() && city.imagery.is_empty() => {
                Err(Failure::input(issue.to_string()))
            }
            _ => Ok(city),
        }
    }

    /// A new project: named after its folder, in the CRS that suits its first layer.
    fn begin(&mut self, crs: &Crs) {
        if !self.text.is_empty() {
            return;
        }
        let name = self.folder.canonicalize().ok();
        let name = name.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let crs = crs.code().unwrap_or(crs.definition()).to_owned();
        let title = text_value(&name.unwrap_or_else(|| "project".to_owned()));
        self.text = format!("title = {{ zh = {title}, en = {title} }}\ncrs = {}\n", text_value(&crs));
        self.project.crs = Some(crs);
    }

    fn convert(&mut self, city: &City, args: &ImportArgs) -> Result<(), Failure> {
        for layer in &city.layers {
            let id = self.free_id(&layer.layer.id);
            let path = copy::free_name(&self.folder, &id, "fgb");
            with_progress(|progress| {
                let mut writer = SortedWriter::create(&path, &id, &city.crs)?;
                writer.push(&layer.layer.table)?;
                writer.finish(progress)
            })?;
            self.made.file(&path);
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // CRS, shift and encoding are settled in the new file.
            let entry = ProjectLayer {
                id,
                source: name,
                role: Some(layer.layer.role),
                fields: args.fields.iter().cloned().collect(),
                title: layer.layer.title.clone(),
                ..ProjectLayer::default()
            };
            self.append(&entry, &format!("converted to FlatGeobuf in {}", city.crs), layer.layer.table.len())?;
        }
        Ok(())
    }

    fn keep(&mut self, file: &Path, city: &City, args: &ImportArgs) -> Result<(), Failure> {
        let name = copy::into(file, &self.folder, &mut self.made)?;
        let wanted = match (city.layers.as_slice(), city.imagery.as_slice()) {
            ([one], _) => one.layer.id.clone(),
            ([], [one]) => one.id.clone(),
            _ => city_id(file),
        };
        let role = match city.layers.as_slice() {
            [one] => Some(one.layer.role),
            [] if city.terrain.is_some() => Some(Role::Terrain),
            [] => Some(Role::Imagery),
            _ => args.role,
        };
        let entry = ProjectLayer {
            id: self.free_id(&wanted),
            source: name,
            layer_name: args.layer.clone(),
            role,
            crs: args.crs.clone(),
            offset: args.offset.clone(),
            encoding: args.encoding.clone(),
            fields: args.fields.iter().cloned().collect(),
            ..ProjectLayer::default()
        };
        let rows = city.layers.iter().map(|layer| layer.layer.table.len()).sum();
        self.append(&entry, "as it is", rows)
    }

    fn free_id(&self, wanted: &str) -> String {
        let taken = |id: &str| self.project.layers.iter().any(|layer| layer.id == id);
        let mut numbered = (2..).map(|n| format!("{wanted}-{n}"));
        if !taken(wanted) {
            return wanted.to_owned();
        }
        numbered.find(|id| !taken(id)).unwrap_or_else(|| wanted.to_owned())
    }

    fn append(&mut self, entry: &ProjectLayer, how: &str, rows: usize) -> Result<(), Failure> {
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.push_str(&block(entry));
        // What is written must be what is read: a list of layers in another form would clash here.
        toml::from_str::<Project>(&self.text).map_err(|error| {
            Failure::output(format!(
                "{} cannot be added to by this command ({error}); add the layer {} by hand",
                self.folder.join("project.toml").display(),
                entry.id
            ))
        })?;
        let role = entry.role.map_or("several layers", |role| role.word());
        let rows = match entry.role {
            Some(Role::Terrain | Role::Imagery) => String::new(),
            _ => format!("{} features, ", grouped(rows as f64, 0)),
        };
        self.added.push(format!("added {} ({role}): {rows}{how}, {}", entry.id, entry.source));
        self.project.layers.push(entry.clone());
        Ok(())
    }

    fn write(&self) -> Result<(), Failure> {
        if self.added.is_empty() {
            return Ok(());
        }
        write_file(&self.folder.join("project.toml"), |out| out.write_all(self.text.as_bytes()))
    }
}

/// The user wanted to stop.
fn stopped() -> Failure {
    Failure::output("stopped: nothing was added")
}

/// Fields that the user names must be there.
fn check_fields(file: &Path, args: &ImportArgs, fields: &[&str]) -> Result<(), Failure> {
    let Some((meaning, field)) = args.fields.iter().find(|(_, field)| !fields.contains(&field.as_str())) else {
        return Ok(());
    };
    Err(Failure::arguments(format!(
        "--field {}={field}: {} has no field \"{field}\"; its fields are: {}",
        meaning.word(),
        file.display(),
        fields.join(", ")
    )))
}

fn is_big(layer: &CityLayer) -> bool {
    let table = &layer.layer.table;
    table.len() >= BIG.0 || table.geometry.vertex_count() >= BIG.1
}

/// An id for a source of several layers: its name's letters and digits.
fn city_id(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let id: String = stem.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
    if id.is_empty() { "layer".to_owned() } else { id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_taken_gets_a_number() {
        let layers = ["a", "a-2"].map(|id| ProjectLayer { id: id.into(), ..ProjectLayer::default() });
        let project = Project { layers: layers.into(), ..Project::default() };
        let (text, added, made) = (String::new(), Vec::new(), Made::default());
        let target = Target { folder: PathBuf::new(), project, text, added, made };
        assert_eq!(target.free_id("a"), "a-3");
        assert_eq!(target.free_id("b"), "b");
    }
}
