//! `clp_isa metrics`: the report of all monitors in Prometheus' text format, for the node exporter's textfile directory.
//!
//! Owns names, units and help texts, by the conventions of that format (version 0.0.4). Pure.

use super::health::{Health, Seen, limit};
use clp_isa_core::monitor::Verdict;
use clp_isa_core::sink::Sink;
use clp_isa_core::time::UnixTime;
use clp_isa_core::wire::status::StatusReport;
use core::fmt::Write;
use core::time::Duration;

/// One metric: name, kind, help.
type Metric = (&'static str, &'static str, &'static str);

const UP: Metric = (
    "clp_isa_monitor_up",
    "gauge",
    "Whether the monitor runs and answers.",
);
const STATE: Metric = (
    "clp_isa_monitor_state",
    "gauge",
    "The monitor's state: 1 for the one it is in, 0 for all others.",
);
const FAILING: Metric = (
    "clp_isa_monitor_consecutive_failures",
    "gauge",
    "Failed checks in a row.",
);
const LIMIT: Metric = (
    "clp_isa_monitor_consecutive_failures_limit",
    "gauge",
    "Failed checks in a row that end the monitor.",
);
const START: Metric = (
    "clp_isa_monitor_start_time_seconds",
    "gauge",
    "Start time of the monitor since unix epoch in seconds.",
);
const CHECKS: Metric = (
    "clp_isa_monitor_checks_total",
    "counter",
    "Checks that ended, by verdict.",
);
const LAST: Metric = (
    "clp_isa_monitor_last_check_timestamp_seconds",
    "gauge",
    "End of the last check since unix epoch in seconds.",
);
const HEALTHY: Metric = (
    "clp_isa_monitor_last_check_healthy",
    "gauge",
    "Whether the last check was healthy.",
);
const DURATION: Metric = (
    "clp_isa_monitor_last_check_duration_seconds",
    "gauge",
    "Time from the start of the last check to its verdict.",
);
const LOST: Metric = (
    "clp_isa_monitor_lost_messages_total",
    "counter",
    "Messages that could not be delivered, by sink.",
);

/// The text of everything that was `seen` at `now`.
pub fn text(seen: &[Seen], now: UnixTime) -> String {
    let mut out = String::new();
    let mut page = Page {
        out: &mut out,
        seen,
    };
    page.metric(UP, &|one, sample| {
        sample("", u8::from(one.report.is_some()).to_string());
    });
    page.metric(STATE, &|one, sample| {
        for name in Health::NAMES {
            let value = u8::from(one.state.name() == name);
            sample(&format!(",state=\"{name}\""), value.to_string());
        }
    });
    page.figure(FAILING, &|report| Some(report.failing.to_string()));
    page.figure(LIMIT, &|report| Some(limit(report).to_string()));
    page.figure(START, &|report| Some(before(now, report.up)));
    page.told(CHECKS, &|report, sample| {
        let counts = &report.counts;
        for (verdict, count) in
            Verdict::ALL
                .into_iter()
                .zip([counts.healthy, counts.failed, counts.void, counts.late])
        {
            let label = format!(",verdict=\"{}\"", verdict.name());
            sample(&label, count.to_string());
        }
    });
    page.figure(LAST, &|report| Some(before(now, report.last.as_ref()?.age)));
    page.figure(HEALTHY, &|report| {
        let is_healthy = report.last.as_ref()?.verdict == Verdict::Healthy;
        Some(u8::from(is_healthy).to_string())
    });
    page.figure(DURATION, &|report| {
        Some(seconds(report.last.as_ref()?.took))
    });
    page.told(LOST, &|report, sample| {
        for sink in Sink::ALL {
            let (name, count) = (sink.name(), report.lost.of(sink));
            sample(&format!(",sink=\"{name}\""), count.to_string());
        }
    });
    out
}

/// The moment `span` before `now`, in seconds since the epoch.
fn before(now: UnixTime, span: Duration) -> String {
    let now = Duration::new(u64::try_from(now.seconds).unwrap_or(0), now.nanos);
    seconds(now.saturating_sub(span))
}

fn seconds(span: Duration) -> String {
    format!("{}.{:03}", span.as_secs(), span.subsec_millis())
}

/// Takes a sample: further labels, and the value.
type Sample<'a> = dyn FnMut(&str, String) + 'a;

struct Page<'a> {
    out: &'a mut String,
    seen: &'a [Seen],
}

impl Page<'_> {
    /// One metric with what `of` samples of each monitor.
    fn metric(&mut self, (name, kind, help): Metric, of: &dyn Fn(&Seen, &mut Sample<'_>)) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for one in self.seen {
            let protocol = one.protocol.map_or("", |protocol| protocol.info().name);
            let out = &mut *self.out;
            of(one, &mut |labels, value| {
                let identifier = one.identifier;
                let _ = writeln!(
                    out,
                    "{name}{{identifier=\"{identifier}\",module=\"{protocol}\"{labels}}} {value}"
                );
            });
        }
    }

    /// The same of those that told.
    fn told(&mut self, metric: Metric, of: &dyn Fn(&StatusReport, &mut Sample<'_>)) {
        self.metric(metric, &|one, sample| {
            if let Some(report) = &one.report {
                of(report, sample);
            }
        });
    }

    /// A metric with one value, if there is one, of each monitor that told.
    fn figure(&mut self, metric: Metric, of: &dyn Fn(&StatusReport) -> Option<String>) {
        self.told(metric, &|report, sample| {
            if let Some(value) = of(report) {
                sample("", value);
            }
        });
    }
}
