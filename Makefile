# make run · make test · make look · make screenshots · make deb · make test-deb · make bench · make fuzz · make lint · make clean
# Each installs what it needs first (see tests/install-needed); nothing is started in the background.

# rustup puts cargo here; a shell that was open before does not know it yet.
export PATH := $(HOME)/.cargo/bin:$(PATH)

DEMO := cd ui && { [ -d node_modules ] || npm ci; } && npm run --silent build:demo -- --logLevel warn

.PHONY: help run test look screenshots deb test-deb bench fuzz lint clean

help:
	@echo 'make run     build Keepsake and open it, beginning with its first run (without a desktop: a sample backup)'
	@echo 'make test    all checks and tests'
	@echo 'make look    every screen in the window'\''s web engine: axe-core, narrow and large, no errors'
	@echo 'make screenshots   the pictures of the user guide'
	@echo 'make deb     a package for Debian and Ubuntu, in target/deb'
	@echo 'make test-deb      install that package into a fresh system, use it, remove it (needs root)'
	@echo 'make bench   how fast the hot paths are, and the same jobs done by other programs'
	@echo 'make fuzz    look for input that breaks what reads it, a minute for each kind (FUZZ_SECS=60)'
	@echo 'make lint    formatting and clippy only'
	@echo 'make clean   remove everything that was built'

# On a desktop the app with its first run; otherwise a first backup of a sample home folder, all under target/try-out.
ON_A_DESKTOP := $(strip $(DISPLAY)$(WAYLAND_DISPLAY))
run:
	@tests/install-needed run
	cargo build --release --package keepsake-cli $(if $(ON_A_DESKTOP),--package keepsake-window)
	@$(if $(ON_A_DESKTOP),tests/try-window,tests/try-out)

# Formatting, clippy, svelte-check, every test; the last line counts passed, failed and skipped.
test:
	@tests/install-needed test
	@tests/run-all

# Only some screens: make look SCREENS='home history'
look:
	@tests/install-needed look
	@$(DEMO) && node test/look/main.mjs check $(SCREENS)

screenshots:
	@tests/install-needed screenshots
	@$(DEMO) && node test/look/main.mjs draw $(SCREENS)

# Both programs with everything a desktop wants to know of them.
deb:
	@tests/install-needed deb
	@packaging/build-deb
	@packaging/look-deb

# In a root filesystem of its own, made from the mirror that this computer uses.
test-deb: deb
	@tests/install-needed test-deb
	@packaging/try-deb

# The core's own benchmarks, then a table beside whatever of restic, rustic and borg is installed.
# Another size: make bench BENCH='--mib 4096 --runs 5'
bench:
	@tests/install-needed bench
	cargo bench --package keepsake-core
	cargo build --release --package keepsake-cli
	@tests/bench-peers $(BENCH)

# FUZZ_SECS seconds (60) for each kind of input. It fails when something was found, and says where that is.
# Some kinds only: make fuzz FUZZ='manifest tail'
fuzz:
	@tests/install-needed fuzz
	@tests/fuzz/run $(FUZZ)

lint:
	cargo fmt --all --check
	cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets -- -D warnings

clean:
	cargo clean
	rm -rf bench-out
