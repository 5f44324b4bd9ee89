/* What the files of the YAML reader share. Inside lib/source only. */
#ifndef WF_SOURCE_YAML_H
#define WF_SOURCE_YAML_H

#include "source/build.h"
#include "source/names.h"

#include <yaml.h>

/* What an anchor stands for. `size` and `height` are those of the value written out. */
struct wf_anchor {
	struct wf_node *node;
	size_t size;
	unsigned height;
	bool open; /* its value is being read: an alias now would contain itself */
};

struct wf_yaml {
	struct wf_build *b;
	yaml_parser_t parser;
	yaml_event_t event;     /* the current one; its type is YAML_NO_EVENT before the first */
	size_t start;           /* offset in the source where libyaml began to read */
	size_t start_points;    /* the same in code points */
	size_t document;        /* offset where the last document began */
	struct wf_names anchors;      /* of the document in hand */
	const char **anchor_names;    /* the same names, for suggestions */
	size_t anchor_count, anchor_room;
	size_t missing;         /* aliases so far that stand for nothing */
	size_t expanded;        /* nodes that the document's aliases stand for */
};

/* The offset in the source of a place in libyaml's terms. */
size_t wf_yaml_offset(const struct wf_yaml *y, const yaml_mark_t *mark);

/* Reports what libyaml could not read on from; gives the offset of the fault. */
size_t wf_yaml_report(struct wf_yaml *y);

/* Where the value itself begins behind its tag and anchor, which start at `from`; `to` when there is
 * no value. */
size_t wf_yaml_skip_properties(const struct wf_yaml *y, size_t from, size_t to);

/* The scalar of the current event. */
struct wf_node *wf_yaml_scalar_node(struct wf_yaml *y, size_t from, size_t to);

/* Reports a tag of a list or map that is not its own. */
void wf_yaml_check_tag(
	struct wf_yaml *y, const char *tag, enum wf_node_kind kind, size_t from, size_t to);

#endif
