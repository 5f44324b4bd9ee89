/* A tree that is balanced by levels: a left child is one level below, a right child at most on the
 * same, and never two rights in a row on one level. */
#include "source/names.h"

#include <string.h>

struct wf_name {
	const char *name;
	void *value;
	struct wf_name *left, *right;
	unsigned level;
};

/* A left child on the same level goes up to the right. */
static struct wf_name *skew(struct wf_name *n)
{
	struct wf_name *left = n->left;
	if (!left || left->level != n->level)
		return n;
	n->left = left->right;
	left->right = n;
	return left;
}

/* Two rights in a row on one level: the middle one goes up a level. */
static struct wf_name *split(struct wf_name *n)
{
	struct wf_name *right = n->right;
	if (!right || !right->right || right->right->level != n->level)
		return n;
	n->right = right->left;
	right->left = n;
	right->level++;
	return right;
}

static struct wf_name *insert(
	struct wf_names *names, struct wf_name *n, const char *name, void ***ret_slot)
{
	if (!n) {
		n = WF_ARENA_NEW(names->arena, struct wf_name);
		n->name = name;
		n->level = 1;
		*ret_slot = &n->value;
		return n;
	}
	int order = strcmp(name, n->name);
	if (order == 0) {
		*ret_slot = &n->value;
		return n;
	}
	if (order < 0)
		n->left = insert(names, n->left, name, ret_slot);
	else
		n->right = insert(names, n->right, name, ret_slot);
	return split(skew(n));
}

void **wf_names_slot(struct wf_names *names, const char *name)
{
	void **slot = NULL;
	names->root = insert(names, names->root, name, &slot);
	return slot;
}

void *wf_names_get(const struct wf_names *names, const char *name)
{
	const struct wf_name *n = names->root;
	while (n) {
		int order = strcmp(name, n->name);
		if (order == 0)
			return n->value;
		n = order < 0 ? n->left : n->right;
	}
	return NULL;
}
