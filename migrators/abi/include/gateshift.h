/* The interface between gateshift and a migrator in a library of its own, version 1.
 *
 * A library exports two symbols: the constant `gateshift_magic_v1` and the function `gateshift_open_v1`.
 * Everything that crosses is JSON in UTF-8; docs/WRITING-A-MIGRATOR.md says what is in it. Text is lent for the
 * duration of the call that passes it: copy what you keep. Nothing is freed by the other side.
 * Structs grow only at their end; `size` says how much of one is there. */
#ifndef GATESHIFT_H
#define GATESHIFT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GATESHIFT_MAJOR 1
#define GATESHIFT_MINOR 0

/* Statuses. */
#define GATESHIFT_OK 0        /* the text is the answer */
#define GATESHIFT_ERROR 1     /* the text is the failure: {"code", "message", "class", "hint"} */
#define GATESHIFT_PANIC 2     /* the text is a JSON string */
#define GATESHIFT_CANCELLED 3
#define GATESHIFT_MISUSE 4    /* the text is a JSON string */

/* Kinds of `emit`. */
#define GATESHIFT_EMIT_LOG 1      /* {"level": "info", "line": "..."} */
#define GATESHIFT_EMIT_PROGRESS 2 /* {"done": 1, "total": 2, "text": "..."} */

typedef struct {
  const char *ptr;
  size_t len;
} gateshift_str;

typedef struct {
  char magic[8];         /* "GATESHF" and a byte of value 1 */
  uint32_t size;         /* sizeof(gateshift_magic) */
  uint16_t major;        /* GATESHIFT_MAJOR */
  uint16_t minor;        /* GATESHIFT_MINOR */
  uint8_t pointer;       /* sizeof(void *) */
  uint8_t little_endian; /* 1 on a little-endian machine */
  uint8_t panic_aborts;  /* 0 */
  uint8_t reserved;      /* 0 */
  gateshift_str built_with;
} gateshift_magic;

#define GATESHIFT_MAGIC_INIT(compiler)                                                                       \
  {                                                                                                          \
    {'G', 'A', 'T', 'E', 'S', 'H', 'F', 1}, sizeof(gateshift_magic), GATESHIFT_MAJOR, GATESHIFT_MINOR,       \
        sizeof(void *), 1, 0, 0, { compiler, sizeof(compiler) - 1 }                                          \
  }

/* What the host offers; kept for as long as the process lives. May be called from any thread, but for `ask`. */
typedef struct {
  uint32_t size;
  uint16_t minor;
  uint16_t reserved;
  const void *ctx; /* goes first into each function */
  void (*emit)(const void *ctx, uint64_t run, uint32_t kind, gateshift_str json);
  /* A service that answers later through `reply`, with the number `call` that you choose and use once. */
  int32_t (*call)(const void *ctx, uint64_t run, uint64_t call, gateshift_str op, gateshift_str json);
  /* The answer of a run; exactly once for each that was started. */
  void (*complete)(const void *ctx, uint64_t run, int32_t status, gateshift_str json);
  /* A service that answers at once: `sink` is called before `ask` returns. Only from within `start` and
   * `reply`, on the thread that called them. */
  int32_t (*ask)(const void *ctx, uint64_t run, gateshift_str op, gateshift_str json, void *to,
                 void (*sink)(void *to, gateshift_str json));
} gateshift_host_v1;

/* What you offer. */
typedef struct {
  uint32_t size;
  uint16_t minor;
  uint16_t reserved;
  void *inst; /* goes first into each function */
  /* Begins a piece of work. May work on the calling thread, and may complete before it returns. */
  int32_t (*start)(void *inst, uint64_t run, gateshift_str request);
  /* The answer of a service that was asked for with `call`. */
  void (*reply)(void *inst, uint64_t call, int32_t status, gateshift_str json);
  /* Nobody waits for this run any more; may be NULL. */
  void (*cancel)(void *inst, uint64_t run);
} gateshift_plugin_v1;

extern const gateshift_magic gateshift_magic_v1;
int32_t gateshift_open_v1(const gateshift_host_v1 *host, gateshift_plugin_v1 *out);

#ifdef __cplusplus
}
#endif
#endif
