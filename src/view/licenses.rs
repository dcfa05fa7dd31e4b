//! The table of `clplcnsc -l`.
//!
//! Owns what a license is worth on this host, in a word, and how that is laid out. Pure.

use crate::license::store::{Contents, HostRecords};
use crate::sys::error::shown;
use clp_isa_core::date::Date;
use clp_isa_core::license::key::Terms;
use clp_isa_core::license::record::Record;
use core::fmt;

/// The licenses of this host, then those of all others, with what they are worth on this host on the day `today`.
pub fn table(contents: &Contents, today: Date) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let Contents { own, others, .. } = contents;
        let hosts = || core::iter::once(own).chain(others);
        let width = hosts()
            .map(|host_records| host(host_records).len())
            .max()
            .unwrap_or_default()
            .max(4);
        if hosts().all(|host_records| host_records.records.is_empty()) {
            return f.write_str("No license is registered.\n");
        }
        writeln!(
            f,
            "{:<width$}  SERIAL      KIND     FIRST       LAST        STATE",
            "HOST"
        )?;
        for host_records in hosts() {
            for record in &host_records.records {
                let (kind, first, last) = match record.terms() {
                    Terms::Product => ("product", None, None),
                    Terms::Trial { first, last } => ("trial", Some(first), Some(last)),
                };
                let state = state(record, host_records, contents, today);
                write!(
                    f,
                    "{:<width$}  {:<10}  {kind:<7}  ",
                    host(host_records),
                    record.serial().to_string()
                )?;
                for day in [first, last] {
                    let day = day.map_or_else(|| "-".to_owned(), |day| day.to_string());
                    write!(f, "{day:<10}  ")?;
                }
                writeln!(f, "{state}")?;
            }
        }
        Ok(())
    })
}

fn host(host_records: &HostRecords) -> String {
    shown(&host_records.host).to_string()
}

fn state(
    record: &Record,
    host_records: &HostRecords,
    contents: &Contents,
    today: Date,
) -> &'static str {
    let Contents { own, others, .. } = contents;
    match record.terms() {
        Terms::Product if host_records != own => "for that host only",
        Terms::Product if others.iter().any(|other| other.records.contains(record)) => {
            "overlaps: also on another host"
        }
        Terms::Trial { first, .. } if today < first => "not begun",
        Terms::Trial { last, .. } if last < today => "ended",
        Terms::Product | Terms::Trial { .. } => "valid",
    }
}
