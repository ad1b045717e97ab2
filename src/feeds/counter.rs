//! The cases of a project's file behind the Open311 endpoint of this machine, and the way into the file.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::Sink as _;
use super::intake::Intake;
use super::serve::{Desk, Filter, Service};
use crate::city::City;
use crate::place::{Crs, Transform};
use crate::store::Store;
use crate::themes::management::case::Case;
use crate::themes::management::categories::Category;
use crate::themes::management::incoming::{self, Coordinates, Incoming};
use crate::themes::management::place::Placer;
use crate::themes::management::rules::Rules;
use crate::themes::management::times;

/// The name under which cases remember that they came by the endpoint.
pub const SOURCE: &str = "open311";

/// Where feeds of a project bring their reports.
#[derive(Clone)]
pub struct Into<'a> {
    /// The file; made where there is none.
    pub file: PathBuf,
    /// What places are looked up in.
    pub city: &'a City,
    /// Categories and working time.
    pub rules: &'a Rules,
    /// Reports of different sources that tell of the same become one case.
    pub merging: bool,
}

impl Into<'_> {
    /// A way into the file: each feed has its own, and none waits for another but at the disk.
    ///
    /// # Errors
    /// When the file cannot be opened or read, for people.
    pub fn intake(&self) -> Result<Intake, String> {
        let store = Store::open(&self.file, &self.city.crs).map_err(|error| error.to_string())?;
        Intake::new(store, self.rules.clone(), Placer::of(self.city), self.merging, times::now)
    }

    /// What stands behind the endpoint.
    ///
    /// # Errors
    /// As [`Self::intake`].
    pub fn counter(&self) -> Result<Counter, String> {
        let service = |category: &Category| Service {
            code: category.id.clone(),
            name: format!("{} {}", category.name.zh(), category.name.en()),
            description: String::new(),
            group: category.major_name.zh().to_owned(),
        };
        Ok(Counter {
            intake: Mutex::new(self.intake()?),
            services: self.rules.categories.all().iter().map(service).collect(),
            lonlat: Crs::wgs84().map_err(|error| error.to_string())?,
            crs: self.city.crs.clone(),
        })
    }
}

/// What stands behind the endpoint.
pub struct Counter {
    intake: Mutex<Intake>,
    services: Vec<Service>,
    lonlat: Crs,
    crs: Crs,
}

impl Counter {
    fn request(case: &Case, way: Option<&Transform>) -> Incoming {
        let facts = &case.facts;
        let lonlat = facts.located.as_ref().and_then(|located| way?.point(located.xy));
        Incoming {
            source_id: case.number.clone(),
            reported: Some(facts.reported),
            updated: case.steps.last().map(|step| step.at),
            category: facts.category.clone(),
            text: facts.text.clone(),
            address: facts.address.clone(),
            place: lonlat.map(|[lon, lat]| Coordinates::lonlat(lon, lat)),
            status: if case.state.is_end() { incoming::Status::Closed } else { incoming::Status::Open },
            status_notes: case.state.names()[0].to_owned(),
            agency: case.unit().to_owned(),
            media: facts.media.clone(),
            ..Incoming::default()
        }
    }
}

impl Desk for Counter {
    fn services(&self) -> Vec<Service> {
        self.services.clone()
    }

    fn requests(&self, filter: &Filter) -> Vec<Incoming> {
        let intake = self.intake.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok((mut cases, _)) = intake.store().cases() else { return Vec::new() };
        drop(intake);
        let way = Transform::new(&self.crs, &self.lonlat).ok();
        cases.sort_by_key(|case| std::cmp::Reverse(case.facts.reported));
        let requests = cases.iter().map(|case| Self::request(case, way.as_ref())).filter(|one| filter.fits(one));
        requests.skip(filter.skip).take(filter.most).collect()
    }

    fn file(&self, report: Incoming) -> Result<String, String> {
        let mut intake = self.intake.lock().unwrap_or_else(PoisonError::into_inner);
        // Its own number, so that the case can be named.
        let id = format!(
            "{}-{}",
            times::now(),
            blake3::hash(format!("{report:?}").as_bytes()).to_hex().chars().take(12).collect::<String>()
        );
        let report = Incoming { source_id: id.clone(), ..report };
        let batch = super::Batch { reports: vec![report], garbage: Vec::new(), position: String::new() };
        intake.take(SOURCE, &batch)?;
        let number = intake.store().case_of_source(SOURCE, &id).map_err(|error| error.to_string())?;
        // It was told of a case that is there already.
        Ok(number.unwrap_or(id))
    }
}
