//! The binary behind every name of the program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    clp_isa::main()
}
