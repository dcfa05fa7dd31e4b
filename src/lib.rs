//! Internet Server Agent: watches a web or mail daemon on a high-availability cluster node and ends itself when the
//! daemon has failed, so that the cluster fails the service over.
#![forbid(unsafe_code)]

pub mod limits;
pub mod text;
pub mod units;
