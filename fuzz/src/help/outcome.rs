//! Outcomes of checks.

use clp_isa_core::check::{
    Attempt, Call, Ending, LocalError, Outcome, Phase, Resolution, Unresolved,
};
use clp_isa_core::errno::Errno;
use clp_isa_core::event::Failure;
use clp_isa_core::probe::{Detail, Step};
use core::time::Duration;

/// One of every kind that matters to a monitor.
pub fn outcome(kind: u8) -> Outcome {
    let errno = Errno(i32::from(kind / 64));
    let ending = match kind % 4 {
        0 => Ending::Healthy,
        1 => Ending::Void(LocalError {
            call: Call::Socket,
            errno,
        }),
        2 => Ending::Failed(Failure::Connect(errno)),
        _ => Ending::Failed(Failure::InvalidResponse),
    };
    let resolution = match kind / 4 % 4 {
        0 => Resolution::Stale(Unresolved::Answer(-3)),
        1 => Resolution::Failed,
        _ => Resolution::Fresh,
    };
    let attempt = Attempt {
        ending,
        address: None,
        phase: Phase::Dialogue(Step::Answer),
        detail: Detail::default(),
    };
    let (late, elapsed) = (kind / 16 % 2 == 1, Duration::ZERO);
    Outcome {
        attempt,
        late,
        resolution,
        elapsed,
    }
}
