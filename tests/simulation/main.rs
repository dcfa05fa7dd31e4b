//! The whole product below the system calls, on virtual time: monitor, check and probes against a model of network,
//! names, clients and a process that is not always run, and against a ten-line shadow that says when it must end.
//!
//! Seeds 0 to 255 by default; `CLP_ISA_SIM_SEEDS=N` tries 0 to N - 1, `CLP_ISA_SIM_SEED=S` one alone with every step
//! printed. A failure names seed and step.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod judge;
mod manner;
mod plan;
mod random;
mod service;
mod shadow;
mod world;

use std::io::Write;
use world::World;

/// Says where it happened, if the simulation panics.
struct Place {
    seed: u64,
    step: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { seed, step } = self;
            say(format_args!(
                "seed {seed}, step {step}: again with CLP_ISA_SIM_SEED={seed}\n"
            ));
        }
    }
}

/// Past the test's captured output.
fn say(text: std::fmt::Arguments<'_>) {
    let _ = std::io::stderr().write_fmt(text);
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|error| panic!("{name}={value}: {error}")),
    )
}

#[test]
fn the_monitor_ends_when_the_shadow_says_so() {
    let (seeds, is_traced) = match number("CLP_ISA_SIM_SEED") {
        Some(seed) => (seed..seed + 1, true),
        None => (0..number("CLP_ISA_SIM_SEEDS").unwrap_or(256), false),
    };
    let (mut checks, mut steps, mut ends) = (0, 0, [0; 3]);
    for seed in seeds.clone() {
        let mut place = Place { seed, step: 0 };
        let mut world = World::new(seed, is_traced);
        let end = loop {
            place.step += 1;
            if let Some(end) = world.step() {
                break end;
            }
        };
        steps += place.step;
        checks += world.checks();
        ends[end as usize] += 1;
    }
    let [failed, stopped, alive] = ends;
    say(format_args!(
        "simulated {} seeds: {checks} checks, {steps} steps; {failed} ended by failure, {stopped} stopped, {alive} left alive\n",
        seeds.end - seeds.start
    ));
    // A world in which nothing fails, or everything does, would prove nothing.
    assert!(is_traced || (failed > 0 && stopped > 0 && alive > 0) || seeds.end < 64);
}
