# SPDX-License-Identifier: Apache-2.0
# Short names for daily work; Meson and Ninja do it. Programs appear in build/.
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: all test bench install lint sanitize fuzz clean

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@meson setup $(BUILD)

test: all
	@tests/run

bench: all
	@bench/run

# Meson fixes the prefix when it configures.
install: all
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD)

lint: all
	@tools/lint

# Unit and plan tests under the address and undefined-behaviour sanitizers.
sanitize:
	@tests/sanitize

fuzz:
	@tests/fuzz/run

clean:
	@rm -rf $(BUILD)
