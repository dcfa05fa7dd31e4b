//! The binary behind every name of the program.
#![forbid(unsafe_code)]

#[cfg(target_env = "musl")]
#[global_allocator]
static HEAP: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> std::process::ExitCode {
    clp_isa::main()
}
