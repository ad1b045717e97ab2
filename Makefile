# make run                       the viewer on the demo city
# make run ARGS="city.geojson"   the viewer, or any command, on something else
# make test                      everything that must hold before a change goes in
# make bench                     measurements
#
# Both run and test install what is missing first (scripts/setup.sh). One build profile serves all
# of them, so that Bevy is built once.

# rustup puts cargo here, where a shell that was open before does not look.
export PATH := $(PATH):$(HOME)/.cargo/bin

.PHONY: run test bench

run:
	@scripts/setup.sh
	cargo run --release -- $(ARGS)

test:
	@scripts/setup.sh --test
	cargo fmt --check
	cargo clippy --release --all-targets -- -D warnings
	cargo check --release --no-default-features
	cargo test --release
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --lib --document-private-items

bench:
	@scripts/setup.sh --test
	cargo bench
