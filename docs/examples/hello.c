/* A migrator in C: it waits a moment through the host, and is done. Build it against gateshift.h:
 *
 *   cc -shared -fPIC -I migrators/abi/include -o libhello.so docs/examples/hello.c
 *   gateshift migrators test ./libhello.so
 */
#include <stdlib.h>
#include <string.h>

#include "gateshift.h"

const gateshift_magic gateshift_magic_v1 = GATESHIFT_MAGIC_INIT("cc");

static const gateshift_host_v1 *host;

#define TEXT(literal) ((gateshift_str){literal, sizeof(literal) - 1})

static const char MANIFEST[] =
    "{\"manifest\":{\"name\":\"hello\",\"version\":\"1.0.0\",\"contract\":1,"
    "\"description\":\"waits a moment and is done\","
    "\"settings\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{}},"
    "\"output\":{\"type\":\"object\"},\"connections\":{}}}";

static int asks(gateshift_str request, const char *verb) {
  /* The verb stands before anything that comes from outside. */
  size_t length = request.len < 80 ? request.len : 80;
  char head[81];
  memcpy(head, request.ptr, length);
  head[length] = 0;
  return strstr(head, verb) != NULL;
}

static void done(uint64_t run, gateshift_str answer) { host->complete(host->ctx, run, GATESHIFT_OK, answer); }

static int32_t start(void *inst, uint64_t run, gateshift_str request) {
  (void)inst;
  if (asks(request, "\"verb\":\"describe\"")) {
    done(run, (gateshift_str){MANIFEST, sizeof(MANIFEST) - 1});
  } else if (asks(request, "\"verb\":\"check\"") || asks(request, "\"verb\":\"verify\"")) {
    done(run, TEXT("[]"));
  } else if (asks(request, "\"verb\":\"plan\"")) {
    host->emit(host->ctx, run, GATESHIFT_EMIT_LOG, TEXT("{\"level\":\"info\",\"line\":\"hello from C\"}"));
    done(run, TEXT("{\"operations\":[],\"findings\":[],\"summary\":\"says hello\"}"));
  } else if (asks(request, "\"verb\":\"apply\"")) {
    /* The number of the call is ours to choose: the run's, because a run has one call at a time here. */
    return host->call(host->ctx, run, run, TEXT("sleep"), TEXT("5"));
  } else if (asks(request, "\"verb\":\"undo\"")) {
    done(run, TEXT("{\"operations\":[],\"left\":[]}"));
  } else {
    done(run, TEXT("null"));
  }
  return GATESHIFT_OK;
}

static void reply(void *inst, uint64_t call, int32_t status, gateshift_str json) {
  (void)inst;
  if (status == GATESHIFT_OK) {
    done(call, TEXT("{\"is\":\"done\",\"output\":{}}"));
  } else {
    host->complete(host->ctx, call, status, json);
  }
}

int32_t gateshift_open_v1(const gateshift_host_v1 *given, gateshift_plugin_v1 *out) {
  if (given->size < sizeof(gateshift_host_v1) || out->size < sizeof(gateshift_plugin_v1)) return GATESHIFT_MISUSE;
  host = given;
  *out = (gateshift_plugin_v1){sizeof(gateshift_plugin_v1), GATESHIFT_MINOR, 0, NULL, start, reply, NULL};
  return GATESHIFT_OK;
}
