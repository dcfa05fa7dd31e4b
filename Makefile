# The recipes that .ci/run calls; `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n "s/^\([a-z-]*\):.*\#\# .*/\1/p" Makefile)

help: ## List the recipes
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: ## The README's test command
	cargo test

test-strict: ## The same, a skipped test being a failure: as root, with the packages that .ci/run names
	CLP_ISA_TEST_STRICT=1 cargo test

test-unprivileged: ## The tests as the user nobody
	.ci/test-unprivileged

lint: ## Formatting and lints, warnings denied
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --all-targets -- -D warnings

scripts: ## Lints of the shell scripts
	grep -rlE --exclude-dir=.git --exclude-dir=target --exclude='*.md' --exclude='*.rs' --exclude='*.in' '^#!/bin/(ba)?sh' . | \
		xargs shellcheck --external-sources packaging/compiler packaging/check/common packaging/ocf/monitor.sh tests/*.sh tests/cluster/*.sh tests/systemd/*.sh

doc: ## Documentation, warnings denied
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps

count: ## Lines of code, of functions, of files, against their limits
	.ci/count

core-bare: ## The core for machines without a standard library (after packaging-build, which installs the compiler)
	packaging/check/core-bare

man: ## Lints of the manual pages
	.ci/lint-man

footprint: ## The release binary (or CLP_ISA_TEST_BINARY) against the ceilings in docs/performance.md
	cargo build --release
	CLP_ISA_TEST_STRICT=1 cargo test --test footprint -- --nocapture

bench-instructions: ## Instructions of a check's pure work, beside those of the run before (needs valgrind)
	cargo bench --bench instructions

bench-peers: ## The monitors beside their peers, about half an hour (root; installs Debian's packages)
	benches/peers/run

bench-crowd: ## A thousand monitors of one nginx and one Postfix for ten minutes: how late checks are (root; packages)
	benches/peers/run crowd

demo: ## The README's demonstration
	cargo run --release --example demo

EACH ?= 600
TARGETS ?=
fuzz: ## The fuzz targets, EACH seconds for each (600); only TARGETS, if given
	fuzz/run $(EACH) $(TARGETS)

faults: ## An error at every system call that a running monitor makes (root, strace): the table
	CLP_ISA_TEST_STRICT=1 CLP_ISA_FAULTS=all cargo test --test e2e faults

SEEDS ?= 100000
simulation: ## The simulation, SEEDS of it (100000)
	CLP_ISA_SIM_SEEDS=$(SEEDS) cargo test --release --test simulation

SOAK ?= 3600
soak: ## One hundred monitors for SOAK seconds (3600)
	cargo bench --bench soak -- $(SOAK)

mutants: ## Mutations of probe, monitor and check against their tests (needs cargo-mutants)
	# The simulation is a test of the other package, which a run without mutations would not look for.
	cargo mutants --package clp_isa_core --test-workspace=true --baseline skip --timeout 60 \
	    --file 'core/src/probe*' --file 'core/src/probe/**' --file 'core/src/monitor*' --file 'core/src/monitor/**' \
	    --file 'core/src/check*' --file 'core/src/check/**' -- --lib --test simulation

memcheck: ## The unit tests, corpus and a short simulation under valgrind's memcheck (needs valgrind)
	# The one left out starts a file that cannot be started; valgrind, which makes a fork of a vfork, does not tell.
	CLP_ISA_SIM_SEEDS=32 cargo test --config 'target."cfg(all())".runner = ["valgrind", "-q", "--error-exitcode=9"]' \
	    --lib --test corpus --test simulation -- --skip failures_are_told_apart

check: lint doc test ## What must pass before a commit

clusters: ## The monitors on Pacemaker and keepalived: the guide's confirmations, faults, figures (root, Debian)
	cargo build --release --bins --example issue_license
	tests/cluster/run all

clusters-compare: ## The same faults with ocf:heartbeat:apache alone and with clp_httpmon (root, Debian)
	cargo build --release --bins --example issue_license
	tests/cluster/run compare

CALM ?= 3600
clusters-calm: ## CALM seconds (3600) in which nothing happens and nothing may move (root, Debian)
	cargo build --release --bins --example issue_license
	tests/cluster/run calm $(CALM)

systemd: ## The units under a real systemd, with the static binary if there is one (root, Debian)
	cargo build --release --bins --example issue_license
	tests/systemd/run

packaging-build: ## The static binaries and the packages; installs what is missing (root, Debian)
	packaging/build-static --install
	packaging/build-rpms

packaging-profile: ## The list of what a running monitor calls, written anew, and the static binaries with it (root, valgrind)
	packaging/build-static
	packaging/profile
	packaging/build-static

packaging-binaries: ## The static binaries' hardening, times after 2038, sizes; the end-to-end tests with each
	packaging/check/binaries
	CLP_ISA_TEST_BINARY=$(CURDIR)/target/static/x86_64/clp_isa cargo test --test e2e --test footprint
	CLP_ISA_TEST_BINARY=$(CURDIR)/target/static/i686/clp_isa cargo test --test e2e --test footprint

packaging-units: ## The unit tests, simulation and corpus as static programs of both architectures
	packaging/build-static --test

packaging-rpms: ## The packages: rpmlint, install, upgrade, verify, erase, a monitor in a root of its own (root)
	packaging/check/rpms

packaging-templates: ## Every exec script template under every environment
	packaging/check/templates

packaging-reproducible: ## A second build in another folder: the same bytes (ARCH: one of them only)
	packaging/check/reproducible $(ARCH)

packaging-clean-room: ## Everything built in a fresh Debian (root)
	packaging/clean-room
