# wfctl: make (build/release/wfctl), make check, make quickstart, make install.
#
# One Makefile, no configure step. MODE is release, debug, asan or cov; CC gcc or clang; B the build
# folder; V=1 shows the commands. A config.mak beside this file may set any of them.

-include config.mak

MODE ?= release
B ?= build/$(MODE)
PREFIX ?= /usr/local
prefix ?= $(PREFIX)
bindir ?= $(prefix)/bin
libexecdir ?= $(prefix)/libexec/wfctl
mandir ?= $(prefix)/share/man
datadir ?= $(prefix)/share
bashcompdir ?= $(datadir)/bash-completion/completions
zshcompdir ?= $(datadir)/zsh/site-functions
fishcompdir ?= $(datadir)/fish/vendor_completions.d
systemdunitdir ?= $(prefix)/lib/systemd/system
DESTDIR ?=

include version.mk

# Which folders a folder of lib/ may include, beside itself. No circles; `make check-layers` proves
# the sources keep to it. base schema query plan state are the ground; source to compile one wing, journal
# to sweep the other.
LAYERS_base :=
LAYERS_schema := base
LAYERS_query := base
LAYERS_plan := base query
LAYERS_state := base query plan
LAYERS_source := base
LAYERS_expr := base query plan source
LAYERS_model := base query plan schema source expr
LAYERS_check := base query plan schema source expr model
LAYERS_compile := base query plan schema source expr model check
LAYERS_journal := base query plan state
LAYERS_effect := base query plan
LAYERS_engine := base schema query plan state
LAYERS_trial := base schema query plan state engine
LAYERS_runtime := base schema query plan state engine effect journal
LAYERS_sweep := base query plan state schema engine effect journal runtime
LAYERS_view := base query plan state schema source
FOLDERS := view sweep runtime trial engine effect journal compile check model expr source state plan query schema base

ifeq ($(V),1)
Q :=
else
Q := @
endif

PKGS := yaml-0.1 jansson libsodium libpcre2-8 lmdb
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wundef -Wcast-qual -Wformat=2 -Wswitch-enum \
	-Wimplicit-fallthrough -Wnull-dereference -fno-common
WERROR ?= -Werror
COMMON := -std=gnu17 $(WARN) $(WERROR) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Ilib -fPIE \
	-fstack-protector-strong -g
OPT_release := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
OPT_debug := -Og
OPT_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_cov := -O0 --coverage
OPT_fuzz := $(OPT_asan) -fsanitize=fuzzer-no-link -DWF_FUZZING -DWF_MAX_EVAL_STEPS=100000
LINK_release := -Wl,-z,relro,-z,now
LINK_asan := -fsanitize=address,undefined
LINK_cov := --coverage
LINK_fuzz := $(LINK_asan)

CFLAGS_ALL = $(COMMON) $(OPT_$(MODE)) $(PKG_CFLAGS) $(CFLAGS)
LDFLAGS_ALL = -pie -Wl,--as-needed $(LINK_$(MODE)) $(LDFLAGS)

GEN_schema := $(B)/gen/builtin_schemas.o
GEN_model := $(B)/gen/shipped_actions.o
objs = $(patsubst %.c,$(B)/%.o,$(filter-out %_module.c %_main.c,$(wildcard lib/$(1)/*.c))) $(GEN_$(1))
archive = $(B)/lib/lib$(1).a
LIB_OBJS := $(foreach f,$(FOLDERS),$(call objs,$(f)))
CMD_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard cmd/*.c))

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all
all: $(B)/wfctl $(B)/wfctl-supervise $(B)/wfctl-http.so

$(B)/libwfctl.a: $(LIB_OBJS)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(B)/wfctl: $(CMD_OBJS) $(B)/libwfctl.a
	@echo '  link  $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -rdynamic -o $@ $(CMD_OBJS) $(B)/libwfctl.a $(PKG_LIBS) -ldl -lm

# The supervisor of exec.run's children: libc only, and static where the mode allows it, so that it
# starts fast.
$(B)/wfctl-supervise: $(B)/lib/effect/supervise_main.o $(B)/lib/effect/spool.o
	$(Q)$(CC) $(if $(filter asan cov fuzz,$(MODE)),$(LDFLAGS_ALL),-static-pie $(LINK_$(MODE)) $(LDFLAGS)) -o $@ $^

# The HTTP performer, opened at the first HTTP effect: only it pays for libcurl.
$(B)/wfctl-http.so: $(B)/lib/effect/http_module.o
	$(Q)$(CC) -shared $(LINK_$(MODE)) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs libcurl 2>/dev/null)

$(B)/lib/effect/http_module.o: COMMON += -fPIC

$(B)/%.o: %.c
	@mkdir -p $(dir $@)
	@echo '  cc    $<'
	$(Q)$(CC) $(CFLAGS_ALL) -DWFCTL_VERSION='"$(VERSION)"' -DWFCTL_LIBEXEC='"$(libexecdir)"' -MMD -MP -c -o $@ $<

# The files of schemas/, as a C table.
SCHEMAS := $(wildcard schemas/*.json schemas/*/*.json)
$(B)/gen/builtin_schemas.c: lib/schema/embed.sh $(SCHEMAS)
	@mkdir -p $(dir $@)
	$(Q)sh lib/schema/embed.sh wf_schema schema/embedded.h schemas $(SCHEMAS) >$@
# The action definitions that are shipped, as another.
ACTIONS := $(wildcard workflows/actions/*.yaml)
$(B)/gen/shipped_actions.c: lib/schema/embed.sh $(ACTIONS)
	@mkdir -p $(dir $@)
	$(Q)sh lib/schema/embed.sh wf_shipped_action model/shipped.h workflows/actions $(ACTIONS) >$@
$(B)/gen/%.o: $(B)/gen/%.c
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# -- tests: tests/unit/FOLDER/test_*.c links FOLDER and what it may include --

UNIT_SRCS := $(wildcard tests/unit/*/test_*.c)
UNIT_BINS := $(patsubst %.c,$(B)/%,$(UNIT_SRCS))
unit_objs = $(call objs,$(1)) $(foreach f,$(LAYERS_$(1)),$(call objs,$(f)))

define unit_rule
$(B)/tests/unit/$(1)/test_%: $(B)/tests/unit/$(1)/test_%.o $(call unit_objs,$(1))
	@echo '  link  $$@'
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -rdynamic -o $$@ $$^ -lcmocka $$(PKG_LIBS) -ldl -lm
endef
$(foreach f,$(FOLDERS),$(eval $(call unit_rule,$(f))))
$(B)/tests/%.o: COMMON += -Itests
.SECONDARY:

# `make unit-schema` builds and runs one folder's unit tests, and nothing that they do not need.
unit-%:
	$(Q)$(MAKE) --no-print-directory $(patsubst %.c,$(B)/%,$(wildcard tests/unit/$*/test_*.c))
	$(Q)for t in $(patsubst %.c,$(B)/%,$(wildcard tests/unit/$*/test_*.c)); do "$$t" || exit 1; done

.PHONY: unit-binaries helpers
unit-binaries: $(UNIT_BINS)
helpers: $(B)/tests/helpers/httpd

# The HTTP server of the tests and of `make quickstart`.
$(B)/tests/helpers/httpd: $(B)/tests/helpers/httpd.o
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -lmicrohttpd -ljansson
unit-effect: $(B)/wfctl-supervise $(B)/wfctl-http.so $(B)/tests/helpers/httpd
unit-runtime unit-sweep: $(B)/wfctl-supervise

# -- fuzzing: each tests/fuzz/fuzz_NAME.c is a target --

FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BINS := $(FUZZ_TARGETS:%=$(B)/tests/fuzz/fuzz_%)
FUZZ_B := $(if $(filter fuzz,$(MODE)),$(B),$(dir $(B))fuzz)

# With libFuzzer in MODE=fuzz; otherwise with a main that replays the inputs that are kept.
$(FUZZ_BINS): $(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(if $(filter fuzz,$(MODE)),,$(B)/tests/fuzz/replay.o) \
		$(B)/libwfctl.a
	@echo '  link  $@'
	$(Q)$(CC) $(LDFLAGS_ALL) $(if $(filter fuzz,$(MODE)),-fsanitize=fuzzer) -o $@ $^ $(PKG_LIBS) -ldl -lm

# New inputs are looked for, FUZZ_SECONDS for each target (or only `make fuzz FUZZ="yaml plan"`).
.PHONY: fuzz fuzz-binaries fuzz-replay
FUZZ ?= $(FUZZ_TARGETS)
fuzz-binaries: $(FUZZ_BINS)
fuzz:
	@sh tests/fuzz/usable.sh clang
	$(Q)$(MAKE) --no-print-directory MODE=fuzz CC=clang B=$(FUZZ_B) fuzz-binaries
	@sh tests/fuzz/run.sh $(FUZZ_B)/tests/fuzz $(FUZZ)
# The inputs that are kept, without libFuzzer.
fuzz-replay: $(FUZZ_BINS)
	@sh tests/run.sh $(foreach t,$(FUZZ_BINS),--unit $(t))

export WFCTL_BUILD = $(abspath $(B))

CHECKS = \
	--check layers 'make --no-print-directory check-layers' \
	--check headers 'make --no-print-directory check-headers' \
	--check docs 'make --no-print-directory check-docs' \
	--check install 'sh tests/check/install.sh $(B)'
UNITS = $(foreach t,$(UNIT_BINS) $(FUZZ_BINS),--unit $(t))
CLI_TESTS := $(sort $(wildcard tests/cli/*.bats))

# Everything that one change must pass; minutes. Closes with `N passed, N failed`.
.PHONY: check check-unit check-suites check-cli check-asan check-layers check-headers check-docs
check: deps
	$(Q)$(MAKE) --no-print-directory all unit-binaries fuzz-binaries helpers
	$(Q)$(MAKE) --no-print-directory run-check
.PHONY: run-check
run-check:
	@sh tests/run.sh $(CHECKS) $(UNITS) $(foreach t,$(CLI_TESTS),--bats $(t))

check-unit: all unit-binaries fuzz-binaries helpers
	@sh tests/run.sh $(UNITS)

# Every campaign in full, some hours (tests/README.md). Closes with a line for each, and `N campaigns, N failed`.
# check-fault twice: under the sanitizers it looks for leaks too.
.PHONY: check-all
check-all:
	@sh dist/deps.sh --all
	@sh tests/campaigns.sh $(MAKE) check check-crash check-race check-generated check-power \
		check-fault check-flip \
		'check-fault MODE=asan B=$(dir $(B))asan' 'fuzz FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60)'

# The third-party suites alone, from $$WFCTL_SUITES.
check-suites: all unit-binaries
	@sh tests/run.sh $(foreach t,$(UNIT_BINS),$(if $(findstring /test_suite_,$(t)),--unit $(t)))

check-cli: all helpers
	@sh tests/run.sh $(foreach t,$(CLI_TESTS),--bats $(t))

# The unit tests and the command line under the sanitizers: make MODE=asan check-asan.
check-asan: all unit-binaries fuzz-binaries helpers
	@sh tests/run.sh $(UNITS) $(foreach t,$(CLI_TESTS),--bats $(t))

# Campaigns; QUICK=1 is the short form of each.

campaign_objs = $(patsubst %.c,$(B)/%.o,$(wildcard tests/$(1)/*.c)) $(B)/tests/helpers/world.o
$(B)/tests/crash/crash: $(call campaign_objs,crash)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -ljansson
$(B)/tests/race/race: $(call campaign_objs,race)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -ljansson

$(B)/tests/generated/generated: $(call campaign_objs,generated)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -ljansson
$(B)/tests/flip/flip: $(call campaign_objs,flip)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -ljansson

.PHONY: check-crash check-race check-generated check-flip
# wfctl and its supervisors die at every numbered boundary, and again while they recover.
check-crash: all helpers $(B)/tests/crash/crash
	@$(B)/tests/crash/crash $(if $(QUICK),--quick)
# Many processes on one journal: one winner each time, and nobody stuck.
check-race: all helpers $(B)/tests/race/race
	@$(B)/tests/race/race $(if $(QUICK),--quick)
# Workflows drawn from seeds, run to their end, and killed on the way; the same end each time.
check-generated: all helpers $(B)/tests/generated/generated
	@$(B)/tests/generated/generated $(if $(QUICK),--quick)

# A byte at a time of a plan, a backup and a data file is changed: found, or harmless.
check-flip: all $(B)/tests/flip/flip
	@$(B)/tests/flip/flip $(if $(QUICK),--quick)

check-layers:
	@sh tests/check/layers.sh $(foreach f,$(FOLDERS),$(f):$(subst $(space),$(comma),$(LAYERS_$(f))))

check-headers:
	@sh tests/check/headers.sh $(CC) -std=gnu17 $(WARN) -Werror -D_GNU_SOURCE -Ilib $(PKG_CFLAGS)

check-docs:
	@sh tests/check/docs.sh $(B)

comma := ,
space := $(subst ,, )

# -- campaigns against the built programs; QUICK=1 is the short form of each --

CAMPAIGNS := $(B)/tests/power/check_power $(B)/tests/fault/check_fault
PRELOADED := $(B)/tests/power/record.so $(B)/tests/fault/inject.so
$(B)/tests/power/check_power: $(B)/tests/power/disk.o
$(B)/tests/fault/check_fault: $(B)/tests/fault/plan.o $(B)/tests/fault/real.o
$(CAMPAIGNS): %: %.o $(B)/tests/helpers/trial.o $(B)/libwfctl.a
	@echo '  link  $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(B)/libwfctl.a $(PKG_LIBS) -ldl -lm
# Without sanitizers in any mode: their runtime is wfctl's own.
$(PRELOADED): $(B)/%.so: %.c
	@mkdir -p $(dir $@)
	@echo '  link  $@'
	$(Q)$(CC) $(COMMON) $(if $(filter asan,$(MODE)),-DWITHOUT_MALLOC) -Itests -fPIC -O1 -shared -MMD -MP \
		-o $@ $< -ldl

NOT_ITS_OWN_LEAKS := ASAN_OPTIONS=detect_leaks=0
.PHONY: check-power check-fault
# The disk states that a power cut could leave, each opened again.
check-power: all helpers $(B)/tests/power/check_power $(B)/tests/power/record.so
	@$(NOT_ITS_OWN_LEAKS) $(B)/tests/power/check_power $(if $(QUICK),quick)
# Every allocation and system call fails in turn; MODE=asan looks for leaks too.
check-fault: all helpers $(B)/tests/fault/check_fault $(B)/tests/fault/inject.so
	@$(NOT_ITS_OWN_LEAKS) FAULT_RUNTIME=$(if $(filter asan,$(MODE)),$(shell $(CC) -print-file-name=libasan.so)) \
		$(B)/tests/fault/check_fault $(if $(QUICK),quick)

# -- the benchmark: tests/bench/*.c measures, tests/bench/programs/ is what it measures against --

BENCH_PROGRAMS := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/programs/*.c))
BENCH_LIBS_yardstick := -Wl,--no-as-needed $(PKG_LIBS)
BENCH_LIBS_requests := -lcurl
BENCH_LIBS_queries = $(B)/libwfctl.a $(PKG_LIBS) -ldl -lm
BENCH_LIBS_conditions = $(BENCH_LIBS_queries)
$(B)/tests/bench/programs/queries $(B)/tests/bench/programs/conditions: $(B)/libwfctl.a
$(B)/tests/bench/bench: $(patsubst %.c,$(B)/%.o,$(wildcard tests/bench/*.c))
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -ljansson
$(B)/tests/bench/programs/%: $(B)/tests/bench/programs/%.o
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(BENCH_LIBS_$*)

# Every row in one go; BENCH_QUICK=1 scales the large ones down to about a minute in all.
.PHONY: bench
bench: all $(B)/tests/bench/bench $(BENCH_PROGRAMS)
	@mkdir -p build
	@$(B)/tests/bench/bench $(B) build/bench.json

# The pages of the manual, from the program's tables and man/src.
.PHONY: man
man: $(B)/wfctl
	sh man/make.sh $(B)/wfctl man

.PHONY: deps quickstart
deps:
	@sh dist/deps.sh

# The onboarding workflow from end to end, against a small server of its own.
quickstart: deps
	$(Q)$(MAKE) --no-print-directory all helpers
	@sh dist/quickstart.sh $(B)

# -- install --

VERBS = $(shell awk -F'"' '/^WF_VERB/ { print $$2 }' cmd/commands.def)

.PHONY: install uninstall
install: all
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libexecdir) $(DESTDIR)$(mandir)/man1 \
		$(DESTDIR)$(mandir)/man5 $(DESTDIR)$(mandir)/man7 $(DESTDIR)$(bashcompdir) \
		$(DESTDIR)$(zshcompdir) $(DESTDIR)$(fishcompdir) $(DESTDIR)$(datadir)/wfctl/schemas \
		$(DESTDIR)$(datadir)/wfctl/workflows/actions $(DESTDIR)$(datadir)/wfctl/cron \
		$(DESTDIR)$(systemdunitdir)
	install -m 755 $(B)/wfctl $(DESTDIR)$(bindir)/wfctl
	install -m 755 $(B)/wfctl-supervise $(B)/wfctl-http.so $(DESTDIR)$(libexecdir)
	for v in $(VERBS); do ln -sf wfctl $(DESTDIR)$(bindir)/wfctl-$$v || exit 1; done
	for s in 1 5 7; do for p in man/*.$$s; do \
		[ ! -f "$$p" ] || install -m 644 "$$p" $(DESTDIR)$(mandir)/man$$s || exit 1; done; done
	install -m 644 completions/wfctl.bash $(DESTDIR)$(bashcompdir)/wfctl
	install -m 644 completions/_wfctl $(DESTDIR)$(zshcompdir)/_wfctl
	install -m 644 completions/wfctl.fish $(DESTDIR)$(fishcompdir)/wfctl.fish
	cp -R schemas/. $(DESTDIR)$(datadir)/wfctl/schemas
	install -m 644 workflows/*.yaml $(DESTDIR)$(datadir)/wfctl/workflows
	install -m 644 workflows/actions/*.yaml $(DESTDIR)$(datadir)/wfctl/workflows/actions
	install -m 644 dist/cron/wfctl $(DESTDIR)$(datadir)/wfctl/cron
	for u in dist/systemd/*; do sed 's,@BINDIR@,$(bindir),' "$$u" >$(DESTDIR)$(systemdunitdir)/$${u##*/} && \
		chmod 644 $(DESTDIR)$(systemdunitdir)/$${u##*/} || exit 1; done

uninstall:
	rm -rf $(DESTDIR)$(libexecdir) $(DESTDIR)$(datadir)/wfctl
	rm -f $(DESTDIR)$(bindir)/wfctl $(foreach v,$(VERBS),$(DESTDIR)$(bindir)/wfctl-$(v))
	rm -f $(foreach p,$(wildcard man/*.1 man/*.5 man/*.7),$(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(p)))/$(notdir $(p)))
	rm -f $(foreach u,$(wildcard dist/systemd/*),$(DESTDIR)$(systemdunitdir)/$(notdir $(u)))
	rm -f $(DESTDIR)$(bashcompdir)/wfctl $(DESTDIR)$(zshcompdir)/_wfctl $(DESTDIR)$(fishcompdir)/wfctl.fish

.PHONY: clean
clean:
	rm -rf build
