//! Internet Server Agent: watches a web or mail daemon on a high-availability cluster node and ends itself when the
//! daemon has failed, so that the cluster fails the service over.
#![forbid(unsafe_code)]

pub mod alert;
pub mod check;
pub mod cli;
pub mod config;
pub mod control;
pub mod event;
pub mod identifier;
pub mod limits;
pub mod module;
pub mod monitor;
pub mod paths;
pub mod probe;
pub mod registry;
pub mod resolve;
pub mod text;
pub mod units;
