/* Every limit of the product, in one place. Each is enforced where the input enters. */
#ifndef WF_BASE_LIMITS_H
#define WF_BASE_LIMITS_H

#define WF_MAX_DEFINITION_BYTES (16u << 20)  /* one definition file */
#define WF_MAX_DOCUMENTS 1000                 /* YAML documents of one definition file */
#define WF_MAX_DEPTH 128                      /* nesting of lists and objects in any input */
#define WF_MAX_ALIAS_NODES 100000             /* nodes that YAML aliases may expand to, a document */
#define WF_MAX_STEPS 100000                   /* steps of one plan */
#define WF_MAX_CODE (16u << 20)               /* instructions of one plan */
#define WF_MAX_PLAN_BYTES (64u << 20)         /* an encoded plan */
#define WF_MAX_EXPR_BYTES 65536               /* one expression */
#define WF_MAX_TEMPLATE_BYTES (1u << 20)      /* a text with expressions in it */
#define WF_MAX_EXPR_DEPTH 200                 /* nesting of one expression */
#define WF_MAX_STACK 1024                     /* operands of one evaluation */
#ifndef WF_MAX_EVAL_STEPS                     /* a fuzzer takes fewer */
#define WF_MAX_EVAL_STEPS 10000000            /* instructions of one turn's evaluation */
#endif
#define WF_MAX_VALUE_BYTES (16u << 20)        /* a row's values in the journal, together */
#define WF_MAX_STEP_VALUE_BYTES (7u << 20)    /* a step's input or output, a variable, a result: two of
                                                 them fit in a row */
#define WF_MAX_STRING_BYTES (16u << 20)       /* a string an expression may build */
#define WF_DEFAULT_MAX_OUTPUT (1u << 20)      /* stdout or stderr of exec.run, kept */
#define WF_DEFAULT_MAX_RESPONSE (8u << 20)    /* body of an HTTP response */
#define WF_DEFAULT_HTTP_TIMEOUT_MS 300000     /* an HTTP attempt whose step has no timeout */
#define WF_MAX_REDIRECTS 20
#define WF_MAX_ATTEMPTS 1000
#define WF_MAX_VISITS 1000000
#define WF_MAX_APPROVERS 1000
#define WF_MAX_LANES 256                      /* items or steps of one group side by side */
#define WF_MAX_ITEMS 1000000                  /* of one foreach */
#define WF_MAX_CHILD_DEPTH 16                 /* parents above a child */
#define WF_MAX_ID 255                         /* bytes of a workflow's or step's id */
#define WF_MAX_EVENT_BYTES (1u << 20)         /* data of an event or a signal */
#define WF_MAX_DIAGS 10000                    /* findings of one document; then one that says so */

#endif
