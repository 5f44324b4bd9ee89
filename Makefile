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
DESTDIR ?=

include version.mk

# Which folders a folder of lib/ may include, beside itself. No circles; `make check-layers` proves
# the sources keep to it. base plan state schema are the ground; source to compile one wing, journal
# to runtime the other.
LAYERS_base :=
LAYERS_schema := base
LAYERS_plan := base
LAYERS_state := base plan
LAYERS_source := base
LAYERS_expr := base plan source
LAYERS_model := base plan schema source expr
LAYERS_check := base plan schema source expr model
LAYERS_compile := base plan schema source expr model
LAYERS_journal := base plan state
LAYERS_effect := base plan
LAYERS_engine := base plan state
LAYERS_runtime := base plan state engine effect journal
LAYERS_view := base plan state schema source
FOLDERS := view runtime engine effect journal compile check model expr source state plan schema base

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
LINK_release := -Wl,-z,relro,-z,now
LINK_asan := -fsanitize=address,undefined
LINK_cov := --coverage

CFLAGS_ALL = $(COMMON) $(OPT_$(MODE)) $(PKG_CFLAGS) $(CFLAGS)
LDFLAGS_ALL = -pie -Wl,--as-needed $(LINK_$(MODE)) $(LDFLAGS)

objs = $(patsubst %.c,$(B)/%.o,$(filter-out %_module.c %_main.c,$(wildcard lib/$(1)/*.c)))
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

# The supervisor of exec.run's children: libc only, so that it starts fast.
$(B)/wfctl-supervise: $(B)/lib/effect/supervise_main.o
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^

# The HTTP performer, opened at the first HTTP effect: only it pays for libcurl.
$(B)/wfctl-http.so: $(B)/lib/effect/http_module.o
	$(Q)$(CC) -shared $(LINK_$(MODE)) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs libcurl jansson 2>/dev/null)

$(B)/lib/effect/http_module.o: COMMON += -fPIC

$(B)/%.o: %.c
	@mkdir -p $(dir $@)
	@echo '  cc    $<'
	$(Q)$(CC) $(CFLAGS_ALL) -DWFCTL_VERSION='"$(VERSION)"' -DWFCTL_LIBEXEC='"$(libexecdir)"' -MMD -MP -c -o $@ $<

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

# `make unit-schema` builds and runs one folder's unit tests, and nothing that they do not need.
unit-%:
	$(Q)$(MAKE) --no-print-directory $(patsubst %.c,$(B)/%,$(wildcard tests/unit/$*/test_*.c))
	$(Q)for t in $(patsubst %.c,$(B)/%,$(wildcard tests/unit/$*/test_*.c)); do "$$t" || exit 1; done

.PHONY: clean
clean:
	rm -rf build
