/*
 * What the files about groups share (groups.c, group_order.c, group_results.c, group_retry.c,
 * group_step.c).
 *
 * `group` is a number of the plan's, `member` one within the group (a branch, a step of a list with
 * depends_on, or a lane of a foreach), below its member_count. Nothing here fails: what goes wrong is an
 * error of the workflow's, and given on.
 */
#ifndef WF_ENGINE_GROUPS_H
#define WF_ENGINE_GROUPS_H

#include "engine/core.h"

static inline const struct wf_plan_group *wf_group_plan(const struct wf_core *c, uint32_t group)
{
	return &c->plan->groups[group];
}

/* The member's thread, borrowed until the instance gets another thread. */
struct wf_thread *wf_group_thread(const struct wf_core *c, uint32_t group, uint32_t member);
/* The thread in hand waits for the group, which begins with so many members or items. */
void wf_group_begin(struct wf_core *c, uint32_t group, uint32_t total);
/* Begins as many members as may be in hand. */
void wf_group_schedule(struct wf_core *c, uint32_t group);
/* The member's thread runs from pc; its steps are as they are. */
void wf_group_run_member(struct wf_core *c, uint32_t group, uint32_t member, uint32_t pc);
/* The lane takes the next item; false when none is left. */
bool wf_group_next_item(struct wf_core *c, uint32_t group, uint32_t lane);
/* Whether a lane has the item in hand, or had it when it was stopped. */
bool wf_group_in_a_lane(const struct wf_core *c, uint32_t group, uint32_t item);
/* Its members that run are cancelled; nobody waits for it any more. */
void wf_group_stop(struct wf_core *c, uint32_t group);
/* It is over: the waiting thread is in hand, and goes on or, with an error (taken over), fails. */
void wf_group_over(struct wf_core *c, uint32_t group, json_t *error);
/* It never began: neither its members' steps did. */
void wf_group_forget(struct wf_core *c, uint32_t group);

/* -- group_order.c: of a list with depends_on -- */

/* Takes the first member that is ready to begin; WF_NONE: none is. */
uint32_t wf_group_next_ready(struct wf_core *c, uint32_t group);
/* What waited for the member, which has just completed, waits for one less. */
void wf_group_meet_followers(struct wf_core *c, uint32_t group, uint32_t member);
/* What became of members changes behind these counts' back: they are taken anew when they are needed. */
void wf_group_forget_counts(struct wf_group_state *g);

/* -- group_results.c -- */

/* What became of the member in hand or its item; error NULL: it ended well. */
void wf_group_keep_result(struct wf_core *c, uint32_t group, uint32_t member, json_t *error);
/* The output of the step. New. */
json_t *wf_group_output(const struct wf_core *c, uint32_t group);
/* The error of the step, when the last that failed is this member, with that error. New. */
json_t *wf_group_error(const struct wf_core *c, uint32_t group, uint32_t member, json_t *error);

/* -- group_retry.c -- */

/* Where a thread begins again whose step failed or was stopped, which may lie in a group within. */
uint32_t wf_group_restart_pc(const struct wf_core *c, const struct wf_thread *t, uint32_t step);
/* A member that had begun goes on where it was; false: it begins as a new one. */
bool wf_group_resume_member(struct wf_core *c, uint32_t group, uint32_t member);

#endif
